// entries[r] = (key of the score of row r, r), score = (sum over d of query[d] * level(codes[r,d])) * unit * scales[r]
//
// The sum is exact, so scores have the bits of the CPU's.          oracle: kernels::scan, index::vectors
//
// group 0   0 Shape uniform   1 codes read   2 scales f32[R] read   3 query i32[D] read   4 entries u32[R,2] write
// codes     rows of blocks of 16 bytes
//           BITS 8        byte i of block b is dimension 16 * b + i, a signed byte
//           BITS 4, 2, 1  bits BITS * k.. of byte i are dimension 128 / BITS * b + 16 * k + i, a level's number
// dispatch  (ceil(R / 64) in rows of `width` groups), one thread a row          WG  64
// invariant the query has whole blocks, zeros behind its end, and lies in -2047..=2047; D <= 8192

override BITS: u32 = 8u;

struct Shape {
  rows: u32,
  // Blocks of a row.
  blocks: u32,
  // Workgroups along x.
  width: u32,
  // What a step of the sum is worth.
  unit: f32,
  // 16 levels of a signed byte each.
  levels: vec4<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> codes: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> query: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read_write> entries: array<vec2<u32>>;

fn signed_bytes(four: u32) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(four << 24u, four << 16u, four << 8u, four)) >> vec4<u32>(24u);
}

fn level(number: u32) -> i32 {
  return i32(shape.levels[number >> 2u] << (24u - (number & 3u) * 8u)) >> 24u;
}

fn inner(a: vec4<i32>, b: vec4<i32>) -> i32 {
  let products = a * b;
  return products.x + products.y + products.z + products.w;
}

// What four bytes of a block add, whose first is byte 4 * quarter.
fn of_word(word: u32, block: u32, quarter: u32) -> i32 {
  if (BITS == 8u) {
    return inner(query[block * 4u + quarter], signed_bytes(word));
  }
  var sum = 0;
  for (var k = 0u; k < 8u / BITS; k += 1u) {
    let numbers = (vec4<u32>(word) >> (vec4<u32>(0u, 8u, 16u, 24u) + k * BITS)) & vec4<u32>((1u << BITS) - 1u);
    let values = vec4<i32>(level(numbers.x), level(numbers.y), level(numbers.z), level(numbers.w));
    sum += inner(query[(block * (8u / BITS) + k) * 4u + quarter], values);
  }
  return sum;
}

// Larger for larger floats, and never 0 for a number: that is below all of them.
fn key(score: f32) -> u32 {
  let bits = bitcast<u32>(score);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = (group.y * shape.width + group.x) * 64u + thread;
  if (row >= shape.rows) {
    return;
  }
  var sum = 0;
  for (var block = 0u; block < shape.blocks; block += 1u) {
    let word = codes[row * shape.blocks + block];
    sum += of_word(word.x, block, 0u) + of_word(word.y, block, 1u) + of_word(word.z, block, 2u)
      + of_word(word.w, block, 3u);
  }
  entries[row] = vec2<u32>(key(f32(sum) * shape.unit * scales[row]), row);
}
