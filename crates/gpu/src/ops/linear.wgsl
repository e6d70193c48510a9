// y[t,n] = finish(sum over k of a[t,k] * w[n,k] + bias[n])              oracle: kernels::gemm, encoder::cpu::forward
//   a = x, or the layer norm of x: (x - mean_t) / sqrt(var_t + epsilon) * gamma + beta          (NORM = 1)
//   finish = the activation (ACTIVATION), or what adds the layer norm of another stream          (RESIDUAL = 1)
// This file: bindings, weights as they are stored, what goes in and what comes out, and how tiles are multiplied. What is in
// them is said by linear_float.wgsl or linear_integer.wgsl:
//   Slice       some neighbouring columns of a row of a, or of w; a tile of STEP columns has SLICES of them
//   load        fills tile_a and tile_w from column k on, zeros beyond the matrices' ends
//   products    of a slice of a, by its place in the tile, and of four of w
//   worth_of    what a sum of column n is multiplied with in the end
//
// group 0   0 {rows T} uniform   1 Matrix uniform   2 x f32[T,K] read   3 weights read   4 gamma f32[K or N], beta read
//           5 residual f32[T,N] read   6 stats f32[T,2] (mean, 1 / deviation): written if NORM, read if RESIDUAL
//           7 y f32[T,N] write
// weights   words: codes of N rows of K, then whatever the coding has, at the words that Matrix says
//           CODING 0  f32[N,K]
//           CODING 1  i8[N,K], scales f32[N]
//           CODING 2  4 bits [N,K], the first in the low bits; lows i8[N,K/32], spans u8[N,K/32], scales f32[N];
//                     w = (low + (code * span + 7) / 15) * scale
// dispatch  (ceil(N / (4 * TX)), ceil(T / (4 * TY)), 1); a thread has 4 rows by 4 columns
// WG        (TX, TY), TX a multiple of 4
// invariant K % 32 == 0; the buffers of 2 to 7 differ, but for 5, which may be 2 if RESIDUAL = 0;
//           all threads of a group reach every barrier

override TX: u32 = 16u;
override TY: u32 = 16u;
// Of a group: its rows, columns and threads, and the slices of its tiles. Sizes of arrays have names because naga's other
// overrides have none.
override ROWS: u32 = 4u * TY;
override COLUMNS: u32 = 4u * TX;
override THREADS: u32 = TX * TY;
override SIZE_A: u32 = SLICES * ROWS;
override SIZE_W: u32 = SLICES * COLUMNS;
// Columns of a and w that are in the tiles at a time.
override STEP: u32 = 32u;
override CODING: u32 = 0u;
override NORM: u32 = 0u;
override RESIDUAL: u32 = 0u;
// 0 none, 1 GELU, 2 GELU by a hyperbolic tangent, 3 ReLU.
override ACTIVATION: u32 = 0u;

struct Batch {
  rows: u32,
}

struct Matrix {
  // K and N.
  inputs: u32,
  outputs: u32,
  // Where in the weights they start, in words.
  lows: u32,
  spans: u32,
  scales: u32,
  bias: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> batch: Batch;
@group(0) @binding(1) var<uniform> matrix: Matrix;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> norm: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

// Mean and 1 / deviation of the group's rows, and the sums that they are made of.
var<workgroup> measured: array<vec2<f32>, ROWS>;
var<workgroup> partial: array<f32, THREADS>;
// By slices, then rows, or columns n: neighbours in a warp read neighbours.
var<workgroup> tile_a: array<Slice, SIZE_A>;
var<workgroup> tile_w: array<Slice, SIZE_W>;

fn word(at: u32) -> u32 {
  return weights[at >> 2u][at & 3u];
}

fn byte(start: u32, at: u32) -> u32 {
  return (word(start + (at >> 2u)) >> ((at & 3u) * 8u)) & 0xffu;
}

fn signed_bytes(four: u32) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(four << 24u, four << 16u, four << 8u, four)) >> vec4<u32>(24u);
}

fn scale_of(n: u32) -> f32 {
  return bitcast<f32>(word(matrix.scales + n));
}

// Low and span of the group of 32 that column k of row n is in.
fn grid_of(n: u32, k: u32) -> vec2<i32> {
  let at = n * (matrix.inputs / 32u) + k / 32u;
  let low = i32(byte(matrix.lows, at) << 24u) >> 24u;
  return vec2<i32>(low, i32(byte(matrix.spans, at)));
}

// Four codes of four bits, as steps of the row's scale.
fn on_grid(grid: vec2<i32>, codes: u32) -> vec4<i32> {
  let code = vec4<i32>((vec4<u32>(codes) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u));
  return grid.x + (code * grid.y + 7) / 15;
}

// Fills `measured` for the rows from `first`: TX / 4 threads a row.
fn measure(first: u32, thread: u32, leads: bool) {
  let quads = matrix.inputs / 4u;
  let lanes = TX / 4u;
  let row = thread / lanes;
  let lane = thread % lanes;
  let start = min(first + row, batch.rows - 1u) * quads;
  var sum = 0.0;
  for (var c = lane; c < quads; c += lanes) {
    sum += dot(x[start + c], vec4<f32>(1.0));
  }
  partial[thread] = sum;
  workgroupBarrier();
  sum = 0.0;
  for (var other = 0u; other < lanes; other += 1u) {
    sum += partial[row * lanes + other];
  }
  let mean = sum / f32(matrix.inputs);
  workgroupBarrier();
  var squares = 0.0;
  for (var c = lane; c < quads; c += lanes) {
    let d = x[start + c] - mean;
    squares += dot(d, d);
  }
  partial[thread] = squares;
  workgroupBarrier();
  if (lane == 0u) {
    squares = 0.0;
    for (var other = 0u; other < lanes; other += 1u) {
      squares += partial[row * lanes + other];
    }
    let found = vec2<f32>(mean, inverseSqrt(squares / f32(matrix.inputs) + matrix.epsilon));
    measured[row] = found;
    if (leads && first + row < batch.rows) {
      stats[first + row] = found;
    }
  }
  workgroupBarrier();
}

// Four of a's columns, from 4 * quad; zeros beyond its ends. `row` is `first + m`.
fn input(row: u32, m: u32, quad: u32) -> vec4<f32> {
  let quads = matrix.inputs / 4u;
  if (row >= batch.rows || quad >= quads) {
    return vec4<f32>(0.0);
  }
  let value = x[row * quads + quad];
  if (NORM == 0u) {
    return value;
  }
  let found = measured[m];
  return (value - found.x) * found.y * norm[quad] + norm[quads + quad];
}

// e^(-a * a / 2) without what overflows, by Abramowitz and Stegun 7.1.26: see kernels::math.
fn gelu(v: f32) -> f32 {
  let a = abs(v);
  let t = 1.0 / (1.0 + a * 0.23164189);
  let p = ((((1.0614054 * t - 1.453152) * t + 1.4214137) * t - 0.28449674) * t + 0.2548296) * t;
  return max(v, 0.0) - a * 0.5 * p * exp(max(-0.5 * a * a, -87.0));
}

fn gelu_tanh(v: f32) -> f32 {
  let exponent = v * (1.0 + v * v * 0.044715) * -1.595769;
  return v / (1.0 + exp(clamp(exponent, -87.0, 87.0)));
}

fn activate(v: f32) -> f32 {
  if (ACTIVATION == 1u) {
    return gelu(v);
  }
  if (ACTIVATION == 2u) {
    return gelu_tanh(v);
  }
  if (ACTIVATION == 3u) {
    return max(v, 0.0);
  }
  return v;
}

fn norm_at(at: u32) -> f32 {
  return norm[at >> 2u][at & 3u];
}

fn finish_one(row: u32, n: u32, sum: f32) {
  if (n >= matrix.outputs) {
    return;
  }
  var value = activate(sum + bitcast<f32>(word(matrix.bias + n)));
  let at = row * matrix.outputs + n;
  if (RESIDUAL == 1u) {
    let found = stats[row];
    value += (residual[at] - found.x) * found.y * norm_at(n) + norm_at(matrix.outputs + n);
  }
  y[at] = value;
}

// The four sums of a thread in one row: columns n, n + TX, n + 2 TX, n + 3 TX.
fn finish(row: u32, n: u32, sums: vec4<f32>) {
  if (row >= batch.rows) {
    return;
  }
  finish_one(row, n, sums.x);
  finish_one(row, n + TX, sums.y);
  finish_one(row, n + 2u * TX, sums.z);
  finish_one(row, n + 3u * TX, sums.w);
}

@compute @workgroup_size(TX, TY)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let first_row = group.y * ROWS;
  let first_column = group.x * COLUMNS;
  if (NORM == 1u) {
    measure(first_row, thread, group.x == 0u);
  }
  var sums0 = vec4<f32>(0.0);
  var sums1 = vec4<f32>(0.0);
  var sums2 = vec4<f32>(0.0);
  var sums3 = vec4<f32>(0.0);
  for (var k = 0u; k < matrix.inputs; k += STEP) {
    load(thread, first_row, first_column, k);
    workgroupBarrier();
    for (var slice = 0u; slice < SLICES; slice += 1u) {
      let w = slice * COLUMNS + local.x;
      let w0 = tile_w[w];
      let w1 = tile_w[w + TX];
      let w2 = tile_w[w + 2u * TX];
      let w3 = tile_w[w + 3u * TX];
      let a = slice * ROWS + local.y;
      sums0 += products(a, w0, w1, w2, w3);
      sums1 += products(a + TY, w0, w1, w2, w3);
      sums2 += products(a + 2u * TY, w0, w1, w2, w3);
      sums3 += products(a + 3u * TY, w0, w1, w2, w3);
    }
    workgroupBarrier();
  }
  let n = first_column + local.x;
  let row = first_row + local.y;
  let worth = vec4<f32>(worth_of(n), worth_of(n + TX), worth_of(n + 2u * TX), worth_of(n + 3u * TX));
  finish(row, n, sums0 * worth);
  finish(row + TY, n, sums1 * worth);
  finish(row + 2u * TY, n, sums2 * worth);
  finish(row + 3u * TY, n, sums3 * worth);
}
