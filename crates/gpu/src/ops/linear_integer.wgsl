// The product of linear.wgsl in integers: activations are quantized as they come, to 8 bits in groups of 16 columns, each with a
// scale of its own; CODING is 1 or 2.
//
//   c[t,k] = round(a[t,k] / s)     s = the greatest magnitude of the group / 127; c lies in -127..=127
//   sum    = sum over groups of s[t,g] * (sum over k in g of c[t,k] * code[n,k]), the inner one exact
// invariant TX == 16 and STEP == 64: four threads quantize a row of the tile's 4 * TY, a group each

// Four codes a word: a group.
alias Slice = vec4<u32>;
override SLICES: u32 = STEP / 16u;

// Of tile_a.
var<workgroup> scales: array<f32, SIZE_A>;

fn load_codes(thread: u32, first: u32, k: u32) {
  // Slices that one load brings: 1 of 8 bits, 2 of 4.
  let each = CODING;
  let loads = SLICES / each;
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
      tile_w[2u * u * COLUMNS + c] = Slice(
        pack4xI8(on_grid(grid, codes.x)), pack4xI8(on_grid(grid, high.x)),
        pack4xI8(on_grid(grid, codes.y)), pack4xI8(on_grid(grid, high.y)));
      tile_w[(2u * u + 1u) * COLUMNS + c] = Slice(
        pack4xI8(on_grid(grid, codes.z)), pack4xI8(on_grid(grid, high.z)),
        pack4xI8(on_grid(grid, codes.w)), pack4xI8(on_grid(grid, high.w)));
    }
  }
}

// Four columns, whose group has the scale 1 / inverse.
fn quantized(values: vec4<f32>, inverse: f32) -> u32 {
  return pack4xI8(vec4<i32>(round(values * inverse)));
}

fn load(thread: u32, first_row: u32, first_column: u32, k: u32) {
  // This thread's group, of row m.
  let m = thread / SLICES;
  let slice = thread % SLICES;
  let quad = k / 4u + slice * 4u;
  let v0 = input(first_row + m, m, quad);
  let v1 = input(first_row + m, m, quad + 1u);
  let v2 = input(first_row + m, m, quad + 2u);
  let v3 = input(first_row + m, m, quad + 3u);
  let peaks = max(max(abs(v0), abs(v1)), max(abs(v2), abs(v3)));
  let peak = max(max(peaks.x, peaks.y), max(peaks.z, peaks.w));
  // A group whose peak is below this is taken for zeros: its inverse could overflow.
  let inverse = select(0.0, 127.0 / peak, peak >= 1e-30);
  let at = slice * ROWS + m;
  tile_a[at] = Slice(quantized(v0, inverse), quantized(v1, inverse), quantized(v2, inverse), quantized(v3, inverse));
  scales[at] = peak / 127.0;
  load_codes(thread, first_column, k);
}

fn inner(a: Slice, w: Slice) -> i32 {
  return dot4I8Packed(a.x, w.x) + dot4I8Packed(a.y, w.y) + dot4I8Packed(a.z, w.z) + dot4I8Packed(a.w, w.w);
}

fn products(at: u32, w0: Slice, w1: Slice, w2: Slice, w3: Slice) -> vec4<f32> {
  let a = tile_a[at];
  return scales[at] * vec4<f32>(vec4<i32>(inner(a, w0), inner(a, w1), inner(a, w2), inner(a, w3)));
}

fn worth_of(n: u32) -> f32 {
  if (n < matrix.outputs) {
    return scale_of(n);
  }
  return 0.0;
}
