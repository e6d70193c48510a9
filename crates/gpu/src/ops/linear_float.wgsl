// The product of linear.wgsl in floats: weights are decoded into a tile of `real`, f32 or f16, and sums are f32.
//
// `real`    four products are added in it before they go into a sum
// STEP      columns of a and w that are multiplied at a time, a multiple of 32

override STEP: u32 = 32u;
override SIZE_A: u32 = STEP * TY;
override SIZE_W: u32 = STEP * TX;

// By quads of columns, then rows: neighbours in a warp read neighbours.
var<workgroup> tile_a: array<vec4<real>, SIZE_A>;
var<workgroup> tile_w: array<vec4<real>, SIZE_W>;

// Puts the weights of row n, from column k on, as many as one load brings, into column c of the tile.
fn load_weights(n: u32, k: u32, c: u32, quad: u32) {
  let inside = n < matrix.outputs && k < matrix.inputs;
  if (CODING == 0u) {
    var value = vec4<f32>(0.0);
    if (inside) {
      value = bitcast<vec4<f32>>(weights[(n * matrix.inputs + k) / 4u]);
    }
    tile_w[quad * COLUMNS + c] = vec4<real>(value);
  } else if (CODING == 1u) {
    var codes = vec4<u32>(0u);
    var scale = 0.0;
    if (inside) {
      codes = weights[(n * matrix.inputs + k) / 16u];
      scale = scale_of(n);
    }
    for (var i = 0u; i < 4u; i += 1u) {
      tile_w[(quad + i) * COLUMNS + c] = vec4<real>(vec4<f32>(signed_bytes(codes[i])) * scale);
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
      tile_w[(quad + 2u * i) * COLUMNS + c] = vec4<real>(low);
      tile_w[(quad + 2u * i + 1u) * COLUMNS + c] = vec4<real>(high);
    }
  }
}

fn products(a: vec4<real>, w0: vec4<real>, w1: vec4<real>, w2: vec4<real>, w3: vec4<real>) -> vec4<f32> {
  return vec4<f32>(vec4<real>(dot(a, w0), dot(a, w1), dot(a, w2), dot(a, w3)));
}

@compute @workgroup_size(TX, TY)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let first_row = group.y * ROWS;
  let first_column = group.x * COLUMNS;
  if (NORM == 1u) {
    measure(first_row, thread, group.x == 0u);
  }
  // Columns that one load of weights brings.
  let unit = select(select(32u, 16u, CODING == 1u), 4u, CODING == 0u);
  let units = STEP / unit;
  let quads = STEP / 4u;
  var sums0 = vec4<f32>(0.0);
  var sums1 = vec4<f32>(0.0);
  var sums2 = vec4<f32>(0.0);
  var sums3 = vec4<f32>(0.0);
  for (var k = 0u; k < matrix.inputs; k += STEP) {
    for (var at = thread; at < quads * ROWS; at += THREADS) {
      let m = at / quads;
      let quad = at % quads;
      tile_a[quad * ROWS + m] = vec4<real>(input(first_row + m, m, k / 4u + quad));
    }
    for (var at = thread; at < units * COLUMNS; at += THREADS) {
      let c = at / units;
      let u = at % units;
      load_weights(first_column + c, k + u * unit, c, u * unit / 4u);
    }
    workgroupBarrier();
    for (var quad = 0u; quad < quads; quad += 1u) {
      let w = quad * COLUMNS + local.x;
      let w0 = tile_w[w];
      let w1 = tile_w[w + TX];
      let w2 = tile_w[w + 2u * TX];
      let w3 = tile_w[w + 3u * TX];
      let a = quad * ROWS + local.y;
      sums0 += products(tile_a[a], w0, w1, w2, w3);
      sums1 += products(tile_a[a + TY], w0, w1, w2, w3);
      sums2 += products(tile_a[a + 2u * TY], w0, w1, w2, w3);
      sums3 += products(tile_a[a + 3u * TY], w0, w1, w2, w3);
    }
    workgroupBarrier();
  }
  let n = first_column + local.x;
  let row = first_row + local.y;
  finish(row, n, sums0);
  finish(row + TY, n, sums1);
  finish(row + 2u * TY, n, sums2);
  finish(row + 3u * TY, n, sums3);
}
