// x[t,c] = token_{id_t}[c] + position_{p_t}[c], before the layer norm          oracle: encoder::cpu::TokenTable
//
// group 0   0 Shape uniform   1 tokens u32[T,2] (id, position) read   2 table read   3 positions f32[P,C] read
//           4 x f32[T,C] write
// table     words: V rows of codes, then whatever the coding has, at the word that Shape says
//           CODING 0  f32[V,C]
//           CODING 1  i8[V,C], scales f32[V]
//           CODING 2  u8[V,R], codebooks f16[R,256,C/R]
// dispatch  (T, 1, 1), one workgroup a token     WG  64
// invariant C is even where CODING is 2 and C % 4 == 0 where it is 1; ids and positions are below V and P

override CODING: u32 = 0u;

struct Shape {
  channels: u32,
  // R, the codes of a row; 1 where there are no runs.
  runs: u32,
  // Where scales or codebooks start, in words.
  rest: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> tokens: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> positions: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<f32>;

fn byte(at: u32) -> u32 {
  return (table[at >> 2u] >> ((at & 3u) * 8u)) & 0xffu;
}

fn token(id: u32, c: u32) -> f32 {
  let at = id * shape.channels + c;
  if (CODING == 0u) {
    return bitcast<f32>(table[at]);
  }
  if (CODING == 1u) {
    return f32(i32(byte(at) << 24u) >> 24u) * bitcast<f32>(table[shape.rest + id]);
  }
  let length = shape.channels / shape.runs;
  let run = c / length;
  let half = (run * 256u + byte(id * shape.runs + run)) * length + c % length;
  return unpack2x16float(table[shape.rest + (half >> 1u)])[half & 1u];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let here = tokens[group.x];
  for (var c = thread; c < shape.channels; c += 64u) {
    x[group.x * shape.channels + c] = positions[here.y * shape.channels + c] + token(here.x, c);
  }
}
