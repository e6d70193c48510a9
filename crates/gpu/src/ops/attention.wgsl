// y[t] = sum over keys of softmax(q_t * k / sqrt(D)) * v, a head at a time, within a text          oracle: kernels::attention
//
// The softmax is taken as the keys come (Milakov and Gimelshein, 2018): a tile of keys, the greatest score so far, and
// what was summed before scaled down to it.
//
// group 0   0 {hidden} uniform   1 qkv f32[T,3,hidden] read   2 blocks u32[B,4] read (the text's first token, its tokens, the block's
//           first query, 0)   3 y f32[T,hidden] write
// dispatch  (B, heads, 1), one workgroup a block of 64 queries of one text; one thread a query
// WG        64
// `real`    f32, or f16: of queries, keys, values and weights; four products are added in it, all other sums are f32
// invariant DIM = hidden / heads, a multiple of 4, at most 64; a block's text lies inside T

// Channels of a head.
override DIM: u32 = 32u;
// Quads of a tile of keys.
override SIZE: u32 = DIM * KEYS / 4u;

const QUERIES = 64u;
const KEYS = 16u;
const MOST_QUADS = 16u;
// Below every score that floats can hold, and no infinity.
const LOWEST = -3.0e38;

struct Shape {
  hidden: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> blocks: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

var<workgroup> keys: array<vec4<real>, SIZE>;
var<workgroup> values: array<vec4<real>, SIZE>;

@compute @workgroup_size(QUERIES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = DIM / 4u;
  let row = shape.hidden / 4u;
  let head = group.y * quads;
  let block = blocks[group.x];
  let tokens = block.y;
  let query = block.z + thread;
  let mine = block.x + min(query, tokens - 1u);
  let factor = inverseSqrt(f32(DIM));
  var q: array<vec4<real>, MOST_QUADS>;
  var sum: array<vec4<f32>, MOST_QUADS>;
  for (var c = 0u; c < quads; c += 1u) {
    q[c] = vec4<real>(qkv[mine * 3u * row + head + c] * factor);
    sum[c] = vec4<f32>(0.0);
  }
  var peak = LOWEST;
  var total = 0.0;
  for (var first = 0u; first < tokens; first += KEYS) {
    for (var at = thread; at < KEYS * quads; at += QUERIES) {
      // Beyond the text's end its last token, which is left out below.
      let start = (block.x + min(first + at / quads, tokens - 1u)) * 3u * row + head + at % quads;
      keys[at] = vec4<real>(qkv[start + row]);
      values[at] = vec4<real>(qkv[start + 2u * row]);
    }
    workgroupBarrier();
    var scores: array<f32, KEYS>;
    var top = peak;
    for (var key = 0u; key < KEYS; key += 1u) {
      var score = 0.0;
      for (var c = 0u; c < quads; c += 1u) {
        score += f32(dot(q[c], keys[key * quads + c]));
      }
      score = select(LOWEST, score, first + key < tokens);
      scores[key] = score;
      top = max(top, score);
    }
    let kept = exp(max(peak - top, -87.0)) * select(0.0, 1.0, first > 0u);
    total *= kept;
    for (var c = 0u; c < quads; c += 1u) {
      sum[c] *= kept;
    }
    for (var key = 0u; key < KEYS; key += 1u) {
      let weight = select(0.0, exp(max(scores[key] - top, -87.0)), first + key < tokens);
      total += weight;
      for (var c = 0u; c < quads; c += 1u) {
        sum[c] += vec4<f32>(real(weight) * values[key * quads + c]);
      }
    }
    peak = top;
    workgroupBarrier();
  }
  if (query < tokens) {
    for (var c = 0u; c < quads; c += 1u) {
      y[mine * row + head + c] = sum[c] / total;
    }
  }
}
