//! Products: shapes around every tile, the largest sums, rows of zeros.

use sextant_kernels::gemm::{Finish, float, int8};
use sextant_kernels::{Activation, Backend};

use super::backends;
use super::compare::{Class, near, same_bits};
use super::inputs::Random;

/// `[rows, inputs, outputs]`: each dimension runs past three of the largest tile, beside a few values of the others.
fn shapes() -> Vec<[usize; 3]> {
    let mut shapes = Vec::new();
    for rows in 0..=25 {
        for inputs in [1, 4, 31, 64, 65] {
            shapes.extend([1, 8, 9, 17].map(|outputs| [rows, inputs, outputs]));
        }
    }
    for inputs in (1..=49).chain(62..=69).chain(127..=130) {
        shapes.extend([[1, inputs, 3], [5, inputs, 16], [7, inputs, 17]]);
    }
    for outputs in 0..=49 {
        shapes.extend([[1, 5, outputs], [6, 31, outputs], [13, 16, outputs]]);
    }
    shapes
}

const FINISHES: [Finish; 5] = [
    Finish::Store,
    Finish::Accumulate,
    Finish::Activate(Activation::Gelu),
    Finish::Activate(Activation::GeluTanh),
    Finish::Activate(Activation::Relu),
];

/// One quantized product.
struct Case {
    inputs: usize,
    x: Vec<f32>,
    codes: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    before: Vec<f32>,
}

impl Case {
    fn random(random: &mut Random, [rows, inputs, outputs]: [usize; 3]) -> Self {
        let mut x = random.floats(rows * inputs, 3.0);
        if rows > 2 {
            // A row of zeros in the middle of a group.
            x[inputs..2 * inputs].fill(0.0);
        }
        Self {
            inputs,
            x,
            codes: random.codes(outputs * inputs),
            scales: random.floats(outputs, 0.01),
            bias: random.floats(outputs, 1.0),
            before: random.floats(rows * outputs, 1.0),
        }
    }

    /// The weights come in two parts, so that stacking is exercised too.
    fn run(&self, backend: Backend, finish: Finish) -> Vec<f32> {
        let split = self.scales.len() / 3;
        let ((c0, c1), (s0, s1), (b0, b1)) = (
            self.codes.split_at(split * self.inputs),
            self.scales.split_at(split),
            self.bias.split_at(split),
        );
        let parts = [
            int8::Coded { codes: c0, scales: s0, bias: b0 },
            int8::Coded { codes: c1, scales: s1, bias: b1 },
        ];
        let weights = int8::Matrix::new(backend, self.inputs, &parts).expect("shapes fit");
        let mut rows = int8::Rows::new(backend);
        // What is left of a larger input must not show.
        rows.quantize(7, &[9.0; 7 * 30]).expect("whole rows");
        rows.quantize(self.inputs, &self.x).expect("whole rows");
        let mut out = self.before.clone();
        weights.multiply(&rows, finish, &mut out).expect("shapes fit");
        out
    }

    /// The formula in the header of `gemm::int8`, with plain loops. Integers and the f32 operations after them are exact.
    fn oracle(&self) -> Vec<f32> {
        let mut out = Vec::new();
        for x in self.x.chunks_exact(self.inputs) {
            let groups: Vec<(f32, Vec<i64>)> = x.chunks(GROUP).map(quantize).collect();
            for (n, w) in self.codes.chunks_exact(self.inputs).enumerate() {
                let mut y = 0.0;
                for ((scale, codes), w) in groups.iter().zip(w.chunks(GROUP)) {
                    let sum: i64 = codes.iter().zip(w).map(|(x, w)| x * i64::from(*w)).sum();
                    y += sum as f32 * scale;
                }
                out.push(y * self.scales[n] + self.bias[n]);
            }
        }
        out
    }
}

/// Neighbours that share a scale.
const GROUP: usize = 64;

/// The scale of a group, and the codes less their zero.
fn quantize(x: &[f32]) -> (f32, Vec<i64>) {
    let high = x.iter().fold(0.0f32, |high, v| high.max(*v));
    let low = x.iter().fold(0.0f32, |low, v| low.min(*v));
    let scale = high / 126.0 - low / 126.0;
    let (scale, inverse) = if scale >= 1e-32 { (scale, 1.0 / scale) } else { (0.0, 0.0) };
    let zero = (-low * inverse).round_ties_even();
    let code = |x: &f32| (*x * inverse + zero).round_ties_even();
    assert!(x.iter().all(|x| (0.0..=127.0).contains(&code(x))), "seven bits hold every code");
    (scale, x.iter().map(|x| (code(x) - zero) as i64).collect())
}

fn finished(product: &[f32], before: &[f32], finish: Finish) -> Vec<f32> {
    match finish {
        Finish::Store => product.to_vec(),
        Finish::Accumulate => before.iter().zip(product).map(|(b, p)| b + p).collect(),
        Finish::Activate(activation) => {
            let mut y = product.to_vec();
            sextant_kernels::activate(backends().0, activation, &mut y);
            y
        }
    }
}

pub fn int8_products_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(1);
    for (i, shape) in shapes().into_iter().enumerate() {
        let mut case = Case::random(&mut random, shape);
        if i % 2 == 1 {
            // Light weights, which may be multiplied in another way.
            case.codes.iter_mut().for_each(|code| *code /= 2);
        }
        let finish = FINISHES[i % FINISHES.len()];
        let expected = finished(&case.oracle(), &case.before, finish);
        for backend in [scalar].iter().chain(&others) {
            let found = same_bits(&expected, &case.run(*backend, finish));
            assert_eq!(found, Ok(()), "{} {shape:?} {finish:?}", backend.name());
        }
    }
}

pub fn int8_products_hold_at_the_largest_sum() {
    let (scalar, others) = backends();
    let inputs = 40 * GROUP;
    for (code, x) in [(-128i8, 1.0f32), (-128, -1.0), (127, 1.0)] {
        let case = Case {
            inputs,
            x: vec![x; 9 * inputs],
            codes: vec![code; 9 * inputs],
            scales: vec![1.0; 9],
            bias: vec![0.0; 9],
            before: vec![0.0; 81],
        };
        let sum = f32::from(code) * x * inputs as f32;
        for backend in [scalar].iter().chain(&others) {
            let found = case.run(*backend, Finish::Store);
            assert_eq!(same_bits(&case.oracle(), &found), Ok(()), "{}", backend.name());
            assert!((found[0] / sum - 1.0).abs() < 1e-5, "{} {}", found[0], sum);
        }
    }
    // Values at both ends of f32, and below what a scale can be inverted for.
    for scale in [1e-38f32, 1e-31, 1e-29, 1e30, f32::MAX] {
        let mut case = Case::random(&mut Random(2), [7, 19, 9]);
        case.x.iter_mut().for_each(|x| *x *= scale / 3.0);
        case.scales.fill(1e-10);
        for backend in [scalar].iter().chain(&others) {
            let found = same_bits(&case.oracle(), &case.run(*backend, Finish::Store));
            assert_eq!(found, Ok(()), "{} {scale}", backend.name());
        }
    }
}

/// Steps of four neighbours: four times 127, then four times `rest`.
fn around_the_lightest(rest: i8) -> Vec<i8> {
    [127, 127, 127, 127, rest, rest, rest, rest].repeat(16)
}

pub fn int8_products_hold_where_weights_stop_to_be_light() {
    let (scalar, others) = backends();
    // Products of the greatest codes with 127 and 127 and with twice 2 or less fit 16 bits, those with twice 3 or more may not.
    for rest in [0, 1, 2, 3, 4, 100, 127, -1, -128] {
        for sign in [1i8, -1] {
            let codes: Vec<i8> =
                around_the_lightest(rest).iter().map(|code| code.saturating_mul(sign)).collect();
            let inputs = codes.len();
            for rows in 1..=9 {
                let mut case = Case::random(&mut Random(5), [rows, inputs, 9]);
                case.codes = codes.repeat(9);
                // The greatest codes that there are: no value is below zero.
                case.x.fill(1.0);
                for backend in [scalar].iter().chain(&others) {
                    let found = same_bits(&case.oracle(), &case.run(*backend, Finish::Store));
                    assert_eq!(found, Ok(()), "{} {rows} {rest} {sign}", backend.name());
                }
            }
        }
    }
}

pub fn float_products_equal_the_oracle() {
    let (scalar, others) = backends();
    let mut random = Random(3);
    for (i, [rows, inputs, outputs]) in shapes().into_iter().enumerate() {
        let x = random.floats(rows * inputs, 3.0);
        let w = random.floats(outputs * inputs, 1.0);
        let bias = random.floats(outputs, 1.0);
        let before = random.floats(rows * outputs, 1.0);
        let run = |backend, finish| {
            let parts = [float::Plain { weights: &w, bias: &bias }];
            let weights = float::Matrix::new(backend, inputs, &parts).expect("shapes fit");
            let mut packed = float::Rows::new(backend);
            packed.pack(5, &[9.0; 5 * 40]).expect("whole rows");
            packed.pack(inputs, &x).expect("whole rows");
            let mut out = before.clone();
            weights.multiply(&packed, finish, &mut out).expect("shapes fit");
            out
        };
        let (mut expected, mut magnitude) = (Vec::new(), Vec::new());
        for x in x.chunks_exact(inputs) {
            for (w, bias) in w.chunks_exact(inputs).zip(&bias) {
                let terms = || x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
                expected.push(terms().sum::<f64>() + f64::from(*bias));
                magnitude.push(terms().map(f64::abs).sum::<f64>() + f64::from(bias.abs()));
            }
        }
        let product = run(scalar, Finish::Store);
        let found = near(Class::Sum { terms: inputs + 1 }, &expected, &magnitude, &product);
        assert_eq!(found, Ok(()), "{rows} {inputs} {outputs}");
        let finish = FINISHES[i % FINISHES.len()];
        let expected = finished(&product, &before, finish);
        for backend in [scalar].iter().chain(&others) {
            let found = same_bits(&expected, &run(*backend, finish));
            assert_eq!(found, Ok(()), "{} {rows} {inputs} {outputs} {finish:?}", backend.name());
        }
    }
}
