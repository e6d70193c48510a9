// The product of linear.wgsl in floats: weights are decoded into a tile of `real`, f32 or f16, and sums are f32.
//
// `real`    four products are added in it before they go into a sum
// STEP      a multiple of 32

alias Slice = vec4<real>;
override SLICES: u32 = STEP / 4u;

// Puts the weights of row n, from column k on, as many as one load brings, into column c of the tile, from `slice` on.
fn load_weights(n: u32, k: u32, c: u32, slice: u32) {
  let inside = n < matrix.outputs && k < matrix.inputs;
  if (CODING == 0u) {
    var value = vec4<f32>(0.0);
    if (inside) {
      value = bitcast<vec4<f32>>(weights[(n * matrix.inputs + k) / 4u]);
    }
    tile_w[slice * COLUMNS + c] = Slice(value);
  } else if (CODING == 1u) {
    var codes = vec4<u32>(0u);
    var scale = 0.0;
    if (inside) {
      codes = weights[(n * matrix.inputs + k) / 16u];
      scale = scale_of(n);
    }
    for (var i = 0u; i < 4u; i += 1u) {
      tile_w[(slice + i) * COLUMNS + c] = Slice(vec4<f32>(signed_bytes(codes[i])) * scale);
    }
  } else {
    var codes = vec4<u32>(0u);
    var scale = 0.0;
    var grid = vec2<i32>(0);
    if (inside) {
      codes = weights[(n * matrix.inputs + k) / 32u];
      scale = scale_of(n);
      grid = grid_of(n, k);
    }
    for (var i = 0u; i < 4u; i += 1u) {
      let low = vec4<f32>(on_grid(grid, codes[i])) * scale;
      let high = vec4<f32>(on_grid(grid, codes[i] >> 16u)) * scale;
      tile_w[(slice + 2u * i) * COLUMNS + c] = Slice(low);
      tile_w[(slice + 2u * i + 1u) * COLUMNS + c] = Slice(high);
    }
  }
}

fn load(thread: u32, first_row: u32, first_column: u32, k: u32) {
  for (var at = thread; at < SLICES * ROWS; at += THREADS) {
    let m = at / SLICES;
    let slice = at % SLICES;
    tile_a[slice * ROWS + m] = Slice(input(first_row + m, m, k / 4u + slice));
  }
  // Columns that one load of weights brings.
  let unit = select(select(32u, 16u, CODING == 1u), 4u, CODING == 0u);
  let units = STEP / unit;
  for (var at = thread; at < units * COLUMNS; at += THREADS) {
    let c = at / units;
    let u = at % units;
    load_weights(first_column + c, k + u * unit, c, u * unit / 4u);
  }
}

fn products(at: u32, w0: Slice, w1: Slice, w2: Slice, w3: Slice) -> vec4<f32> {
  let a = tile_a[at];
  return vec4<f32>(vec4<real>(dot(a, w0), dot(a, w1), dot(a, w2), dot(a, w3)));
}

fn worth_of(n: u32) -> f32 {
  return 1.0;
}
