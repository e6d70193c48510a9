//! Scaled dot-product attention of one text, a head at a time.
//!
//! ```text
//! p[i,j] = softmax over j of (q[i] . k[j]) / sqrt(d)          y[i] = sum over j of p[i,j] * v[j]
//! ```
//! Lanes are queries: a panel of them stands in the columns of a tile, keys (then value channels) in its rows. So the softmax
//! runs down memory, lane by lane, and nothing is ever summed across lanes. Source of the formula: Vaswani et al., 2017.

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::gemm::float::Tile;
use crate::gemm::{Groups, with_rows};
use crate::math::Exp;
use crate::simd::{LANES, Op, Simd};

/// Working memory, kept from one call to the next.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// Keys of a head, `[group][channel][key]`.
    keys: Vec<f32>,
    /// Values of a head, `[group][key][channel]`.
    values: Vec<f32>,
    /// A panel of queries, `[channel][query]`.
    queries: Vec<f32>,
    /// Their scores, then their weights, `[key][query]`.
    scores: Vec<f32>,
}

/// Attention within one text: `out[i]` is the mean of all values, weighted by how well key `j` answers query `i`.
///
/// `qkv`: f32[tokens, 3 * hidden], a row holds query, key and value, and each of them `heads` runs of equal length.
/// `out`: f32[tokens, hidden]. Same bits on every backend. Allocates only for a longer text than any before.
/// Errors: [`KernelError::Shape`] when `hidden` is no multiple of `heads` or a length does not fit.
pub fn attend(
    backend: Backend,
    qkv: &[f32],
    hidden: usize,
    heads: usize,
    scratch: &mut Scratch,
    out: &mut [f32],
) -> Result<(), KernelError> {
    let tokens = out.len().checked_div(hidden).unwrap_or(0);
    let channels = hidden.checked_div(heads).unwrap_or(0);
    require_len("hidden", heads * channels, hidden)?;
    require_len("out", tokens * hidden, out.len())?;
    require_len("qkv", 3 * tokens * hidden, qkv.len())?;
    if tokens > 0 {
        backend.run(Attend { qkv, hidden, channels, tokens, scratch, out });
    }
    Ok(())
}

struct Attend<'a> {
    qkv: &'a [f32],
    hidden: usize,
    channels: usize,
    tokens: usize,
    scratch: &'a mut Scratch,
    out: &'a mut [f32],
}

impl Op for Attend<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let panel = S::VECTORS * LANES;
        for (buffer, len) in [
            (&mut self.scratch.keys, self.tokens * self.channels),
            (&mut self.scratch.values, self.tokens * self.channels),
            (&mut self.scratch.queries, self.channels * panel),
            (&mut self.scratch.scores, self.tokens * panel),
        ] {
            if buffer.len() < len {
                buffer.resize(len, 0.0);
            }
        }
        for first in (0..self.hidden).step_by(self.channels) {
            self.pack::<S>(first);
            let mut query = 0;
            while query < self.tokens {
                // A last panel that is at most half full is a narrow one.
                if S::VECTORS > 1 && self.tokens - query > LANES {
                    self.panel::<S, 2>(s, first, query);
                    query += 2 * LANES;
                } else {
                    self.panel::<S, 1>(s, first, query);
                    query += LANES;
                }
            }
        }
    }
}

impl Attend<'_> {
    /// Packs keys and values of the head whose channels start at `first`.
    #[inline(always)]
    fn pack<S: Simd>(&mut self, first: usize) {
        let (hidden, channels, tokens) = (self.hidden, self.channels, self.tokens);
        let groups = Groups::new(tokens, S::ROWS);
        for g in 0..groups.count() {
            let (token, count) = groups.get(g);
            let group = &mut self.scratch.keys[token * channels..][..count * channels];
            with_rows!(S, count, R => {
                let columns = group.as_chunks_mut::<R>().0.chunks_mut(LANES);
                for (to, channel) in columns.zip((0..).step_by(LANES)) {
                    let mut rows = [[0.0; LANES]; R];
                    for r in 0..R {
                        let key = &self.qkv[(token + r) * 3 * hidden + hidden + first..][..channels];
                        rows[r] = leading(&key[channel..]);
                    }
                    to.iter_mut().zip(transpose(&rows)).for_each(|(to, from)| *to = from);
                }
            });
        }
        let groups = Groups::new(channels, S::ROWS);
        for g in 0..groups.count() {
            let (channel, count) = groups.get(g);
            let group = &mut self.scratch.values[channel * tokens..][..count * tokens];
            with_rows!(S, count, R => {
                for (to, from) in group.as_chunks_mut::<R>().0.iter_mut().zip(self.qkv.chunks_exact(3 * hidden)) {
                    // A constant length: a handful of moves instead of a call.
                    to.copy_from_slice(&from[2 * hidden + first + channel..][..R]);
                }
            });
        }
    }

    /// One head for up to `C * LANES` queries from `query` on.
    #[inline(always)]
    fn panel<S: Simd, const C: usize>(&mut self, s: S, first: usize, query: usize) {
        let (hidden, channels, tokens) = (self.hidden, self.channels, self.tokens);
        let count = (tokens - query).min(C * LANES);
        let scale = 1.0 / (channels as f32).sqrt();

        let queries = self.scratch.queries[..channels * C * LANES].as_chunks_mut::<LANES>().0;
        let queries = queries.as_chunks_mut::<C>().0;
        for (to, channel) in queries.chunks_mut(LANES).zip((0..).step_by(LANES)) {
            for c in 0..C {
                let mut rows = [[0.0; LANES]; LANES];
                for (i, row) in rows.iter_mut().enumerate().take(count.saturating_sub(c * LANES)) {
                    let from = (query + c * LANES + i) * 3 * hidden + first;
                    *row = leading(&self.qkv[from..][..channels][channel..]).map(|q| q * scale);
                }
                to.iter_mut().zip(transpose(&rows)).for_each(|(to, from)| to[c] = from);
            }
        }
        let queries = &*queries;

        let scores = self.scratch.scores[..tokens * C * LANES].as_chunks_mut::<LANES>().0;
        let scores = scores.as_chunks_mut::<C>().0;
        let groups = Groups::new(tokens, S::ROWS);
        for g in 0..groups.count() {
            let (key, count) = groups.get(g);
            let keys = &self.scratch.keys[key * channels..][..count * channels];
            with_rows!(S, count, R => {
                let rows = keys.as_chunks::<R>().0;
                let sums = s.vectorize(Tile::<R, C> { rows, columns: queries });
                scores[key..key + R].copy_from_slice(&sums);
            });
        }

        let inverse = softmax(s, scores);

        let scores = &*scores;
        let groups = Groups::new(channels, S::ROWS);
        for g in 0..groups.count() {
            let (channel, rows) = groups.get(g);
            let values = &self.scratch.values[channel * tokens..][..rows * tokens];
            with_rows!(S, rows, R => {
                let rows = values.as_chunks::<R>().0;
                let sums = s.vectorize(Tile::<R, C> { rows, columns: scores });
                let out = self.out[query * hidden..].chunks_exact_mut(hidden).take(count);
                let mut out = out.map(|row| &mut row[first + channel..][..R]);
                for c in 0..C {
                    let mut y = [[0.0; LANES]; R];
                    for r in 0..R {
                        s.store(s.mul(s.load(&sums[r][c]), inverse[c]), &mut y[r]);
                    }
                    transpose(&y).iter().zip(&mut out).for_each(|(y, to)| to.copy_from_slice(y));
                }
            });
        }
    }
}

/// Columns become rows. A block of a known size is turned in registers; over whole rows the compiler scatters single values.
#[inline(always)]
fn transpose<const R: usize>(rows: &[[f32; LANES]; R]) -> [[f32; R]; LANES] {
    let mut columns = [[0.0; R]; LANES];
    for c in 0..LANES {
        for r in 0..R {
            columns[c][r] = rows[r][c];
        }
    }
    columns
}

/// The first values; zeros where there are fewer.
#[inline(always)]
fn leading(values: &[f32]) -> [f32; LANES] {
    values.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0.0; LANES];
        padded[..values.len()].copy_from_slice(values);
        padded
    })
}

/// `scores[j] = e^(scores[j] - max)` lane by lane; returns the inverse of each lane's sum, which is at least 1.
#[inline(always)]
fn softmax<S: Simd, const C: usize>(s: S, scores: &mut [[[f32; LANES]; C]]) -> [S::F; C] {
    let exp = Exp::new(s);
    let mut inverse = [s.splat(0.0); C];
    for c in 0..C {
        let mut max = s.splat(f32::MIN);
        for score in &*scores {
            max = s.max(max, s.load(&score[c]));
        }
        let mut sum = s.splat(0.0);
        for score in &mut *scores {
            let e = exp.of(s, s.sub(s.load(&score[c]), max));
            sum = s.add(sum, e);
            s.store(e, &mut score[c]);
        }
        inverse[c] = s.div(s.splat(1.0), sum);
    }
    inverse
}
