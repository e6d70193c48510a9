// out[s] = v / |v|, v = the sum over the tokens of text s, or the first of them, of the layer norm of x          oracle: encoder::cpu
//
// The mean's divisor falls away with the norm. A vector of zeros stays one.
//
// group 0   0 {channels, epsilon} uniform   1 x f32[T,C] read   2 gamma f32[C], beta f32[C] read   3 starts u32[S+1] read
//           4 stats f32[T,2] write   5 out f32[S,C] write
// dispatch  (S, 1, 1), one workgroup a text     WG  128
// invariant starts rise, the last is T

// 1: the first token alone.
override CLS: u32 = 0u;
// 1: channels in the wrong order, so that tests of self-tests have something to find.
override WRONG: u32 = 0u;

const WG = 128u;

struct Shape {
  channels: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

var<workgroup> partial: array<f32, WG>;

fn place(c: u32) -> u32 {
  return select(c, shape.channels - 1u - c, WRONG == 1u);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let channels = shape.channels;
  let first = starts[group.x];
  let end = select(starts[group.x + 1u], first + 1u, CLS == 1u);
  for (var t = first + thread; t < end; t += WG) {
    var mean = 0.0;
    for (var c = 0u; c < channels; c += 1u) {
      mean += x[t * channels + c];
    }
    mean /= f32(channels);
    var squares = 0.0;
    for (var c = 0u; c < channels; c += 1u) {
      let d = x[t * channels + c] - mean;
      squares += d * d;
    }
    stats[t] = vec2<f32>(mean, inverseSqrt(squares / f32(channels) + shape.epsilon));
  }
  storageBarrier();
  var squares = 0.0;
  for (var c = thread; c < channels; c += WG) {
    var sum = 0.0;
    for (var t = first; t < end; t += 1u) {
      let found = stats[t];
      sum += (x[t * channels + c] - found.x) * found.y;
    }
    let value = sum * norm[c] + f32(end - first) * norm[channels + c];
    out[group.x * channels + place(c)] = value;
    squares += value * value;
  }
  partial[thread] = squares;
  workgroupBarrier();
  squares = 0.0;
  for (var other = 0u; other < WG; other += 1u) {
    squares += partial[other];
  }
  let inverse = select(0.0, inverseSqrt(squares), squares > 0.0);
  for (var c = thread; c < channels; c += WG) {
    out[group.x * channels + place(c)] *= inverse;
  }
}
