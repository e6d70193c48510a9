// The product of linear.wgsl in integers: activations are quantized as they come, to 8 bits in groups of 16 columns, each with a
// scale of its own; CODING is 1 or 2.
//
//   c[t,k] = round(a[t,k] / s)     s = the greatest magnitude of the group / 127; c lies in -127..=127
//   sum    = sum over groups of s[t,g] * (sum over k in g of c[t,k] * code[n,k]), the inner one exact
// invariant TX == 16: four threads quantize a row of the tile's 4 * TY, a group each

override SIZE_A: u32 = 4u * ROWS;
override SIZE_W: u32 = 4u * COLUMNS;

// 64 columns in words of four codes: 4 vectors of 4, each of them a group.
var<workgroup> tile_a: array<vec4<u32>, SIZE_A>;
var<workgroup> tile_w: array<vec4<u32>, SIZE_W>;
// Of the groups of tile_a.
var<workgroup> scales: array<f32, SIZE_A>;

fn load_codes(thread: u32, first: u32, k: u32) {
  // Vectors of 16 codes that one load brings: 1 of 8 bits, 2 of 4.
  let each = CODING;
  let loads = 4u / each;
  for (var at = thread; at < loads * COLUMNS; at += THREADS) {
    let c = at / loads;
    let u = at % loads;
    let n = first + c;
    let start = k + u * each * 16u;
    let inside = n < matrix.outputs && start < matrix.inputs;
    var codes = vec4<u32>(0u);
    if (CODING == 1u) {
      if (inside) {
        codes = weights[(n * matrix.inputs + start) / 16u];
      }
      tile_w[u * COLUMNS + c] = codes;
    } else {
      var grid = vec2<i32>(0);
      if (inside) {
        codes = weights[(n * matrix.inputs + start) / 32u];
        grid = grid_of(n, start);
      }
      let high = codes >> vec4<u32>(16u);
      tile_w[2u * u * COLUMNS + c] = vec4<u32>(
        pack4xI8(on_grid(grid, codes.x)), pack4xI8(on_grid(grid, high.x)),
        pack4xI8(on_grid(grid, codes.y)), pack4xI8(on_grid(grid, high.y)));
      tile_w[(2u * u + 1u) * COLUMNS + c] = vec4<u32>(
        pack4xI8(on_grid(grid, codes.z)), pack4xI8(on_grid(grid, high.z)),
        pack4xI8(on_grid(grid, codes.w)), pack4xI8(on_grid(grid, high.w)));
    }
  }
}

// Four columns, whose group has the scale 1 / inverse.
fn quantized(values: vec4<f32>, inverse: f32) -> u32 {
  return pack4xI8(vec4<i32>(round(values * inverse)));
}

fn inner(a: vec4<u32>, w: vec4<u32>) -> i32 {
  return dot4I8Packed(a.x, w.x) + dot4I8Packed(a.y, w.y) + dot4I8Packed(a.z, w.z) + dot4I8Packed(a.w, w.w);
}

fn products(a: vec4<u32>, w0: vec4<u32>, w1: vec4<u32>, w2: vec4<u32>, w3: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(vec4<i32>(inner(a, w0), inner(a, w1), inner(a, w2), inner(a, w3)));
}

@compute @workgroup_size(TX, TY)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let first_row = group.y * ROWS;
  let first_column = group.x * COLUMNS;
  if (NORM == 1u) {
    measure(first_row, thread, group.x == 0u);
  }
  // This thread's group, of row m.
  let m = thread / 4u;
  let part = thread % 4u;
  var sums0 = vec4<f32>(0.0);
  var sums1 = vec4<f32>(0.0);
  var sums2 = vec4<f32>(0.0);
  var sums3 = vec4<f32>(0.0);
  for (var k = 0u; k < matrix.inputs; k += 64u) {
    let quad = k / 4u + part * 4u;
    let v0 = input(first_row + m, m, quad);
    let v1 = input(first_row + m, m, quad + 1u);
    let v2 = input(first_row + m, m, quad + 2u);
    let v3 = input(first_row + m, m, quad + 3u);
    let peaks = max(max(abs(v0), abs(v1)), max(abs(v2), abs(v3)));
    let peak = max(max(peaks.x, peaks.y), max(peaks.z, peaks.w));
    // A group whose peak is below this is taken for zeros: its inverse could overflow.
    let inverse = select(0.0, 127.0 / peak, peak >= 1e-30);
    tile_a[part * ROWS + m] = vec4<u32>(
      quantized(v0, inverse), quantized(v1, inverse), quantized(v2, inverse), quantized(v3, inverse));
    scales[part * ROWS + m] = peak / 127.0;
    load_codes(thread, first_column, k);
    workgroupBarrier();
    for (var vector = 0u; vector < 4u; vector += 1u) {
      let w = vector * COLUMNS + local.x;
      let w0 = tile_w[w];
      let w1 = tile_w[w + TX];
      let w2 = tile_w[w + 2u * TX];
      let w3 = tile_w[w + 3u * TX];
      let a = vector * ROWS + local.y;
      sums0 += scales[a] * products(tile_a[a], w0, w1, w2, w3);
      sums1 += scales[a + TY] * products(tile_a[a + TY], w0, w1, w2, w3);
      sums2 += scales[a + 2u * TY] * products(tile_a[a + 2u * TY], w0, w1, w2, w3);
      sums3 += scales[a + 3u * TY] * products(tile_a[a + 3u * TY], w0, w1, w2, w3);
    }
    workgroupBarrier();
  }
  let n = first_column + local.x;
  let row = first_row + local.y;
  let inside = vec4<u32>(n, n + TX, n + 2u * TX, n + 3u * TX);
  var scale = vec4<f32>(0.0);
  for (var i = 0u; i < 4u; i += 1u) {
    if (inside[i] < matrix.outputs) {
      scale[i] = scale_of(inside[i]);
    }
  }
  finish(row, n, sums0 * scale);
  finish(row + TY, n, sums1 * scale);
  finish(row + 2u * TY, n, sums2 * scale);
  finish(row + 3u * TY, n, sums3 * scale);
}
