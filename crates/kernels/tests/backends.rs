//! tests/backends.rs. A vector that is right on the machine that built the index and wrong in the browser ranks
//! pages at random, and nothing says so.

mod sweep;

use sextant_kernels::gemm::{Finish, float, int8};
use sextant_kernels::scan::dot_i8;
use sextant_kernels::{Backend, KernelError, as_i8, attention, layer_norm};

/// The backends that this target must have; a missing one fails, and so does one that nobody expects. In
/// WebAssembly `wasm/run.mjs` expects them, which knows how the module was compiled.
fn expected_backends() -> Vec<&'static str> {
    let mut names = vec!["scalar"];
    #[cfg(target_arch = "x86_64")]
    {
        names.push("avx2");
        names.extend(std::is_x86_feature_detected!("avxvnni").then_some("avx-vnni"));
        names.extend(std::is_x86_feature_detected!("avx512vnni").then_some("avx512-vnni"));
    }
    #[cfg(target_arch = "aarch64")]
    {
        names.push("neon");
        names.extend(std::arch::is_aarch64_feature_detected!("dotprod").then_some("neon-dot"));
    }
    names
}

#[test]
fn this_machine_has_exactly_the_backends_that_its_target_must_have() {
    let names: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
    assert_eq!(names, expected_backends());
    assert_eq!(Some(&Backend::best().name()), names.last());
}

macro_rules! checks {
    ($($name:ident => $check:path;)*) => {
        $(#[test] fn $name() { $check(); })*

        #[test]
        fn no_check_is_left_out_natively() {
            assert_eq!([$(stringify!($name)),*].len(), sweep::CHECKS.len());
        }
    };
}

checks! {
    int8_products_equal_the_oracle_on_every_backend => sweep::gemm::int8_products_equal_the_oracle;
    int8_products_hold_at_the_largest_sum => sweep::gemm::int8_products_hold_at_the_largest_sum;
    int8_products_hold_where_weights_stop_to_be_light => sweep::gemm::int8_products_hold_where_weights_stop_to_be_light;
    float_products_equal_the_oracle_and_each_other => sweep::gemm::float_products_equal_the_oracle;
    activations_equal_the_oracle_and_each_other => sweep::rows::activations_equal_the_oracle;
    layer_norm_equals_the_oracle_and_each_other => sweep::rows::layer_norm_equals_the_oracle;
    attention_equals_the_oracle_and_each_other => sweep::rows::attention_equals_the_oracle;
    integer_dots_equal_the_oracle_on_every_backend => sweep::scan::integer_dots_equal_the_oracle;
    integer_dots_hold_at_the_largest_sum => sweep::scan::integer_dots_hold_at_the_largest_sum;
    float_dots_equal_the_oracle_and_each_other => sweep::scan::float_dots_equal_the_oracle;
    packed_dots_equal_the_oracle_on_every_backend => sweep::scan::packed_dots_equal_the_oracle;
    packed_dots_hold_at_the_largest_sum => sweep::scan::packed_dots_hold_at_the_largest_sum;
    packed_dots_refuse_what_does_not_fit => sweep::scan::packed_dots_refuse_what_does_not_fit;
    sketch_sums_equal_the_oracle_on_every_backend => sweep::scan::sketch_sums_equal_the_oracle;
    sketch_sums_refuse_what_does_not_fit => sweep::scan::sketch_sums_refuse_what_does_not_fit;
    the_comparer_finds_planted_errors => sweep::compare::the_comparer_finds_planted_errors;
}

#[test]
fn shapes_that_do_not_fit_are_errors_with_numbers() {
    let backend = Backend::best();
    let shape = |what, expected, found| Err(KernelError::Shape { what, expected, found });
    let part = int8::Coded { codes: &[1; 6], scales: &[1.0; 2], bias: &[0.0; 2] };
    let weights = int8::Matrix::new(backend, 3, &[part]).expect("fits");
    assert_eq!(int8::Matrix::new(backend, 4, &[part]).map(|_| ()), shape("codes", 8, 6));
    let short = int8::Coded { bias: &[0.0], ..part };
    assert_eq!(int8::Matrix::new(backend, 3, &[short]).map(|_| ()), shape("bias", 2, 1));
    let nan = int8::Coded { scales: &[1.0, f32::NAN], ..part };
    assert_eq!(
        int8::Matrix::new(backend, 3, &[nan]).map(|_| ()),
        Err(KernelError::NotFinite { what: "scales", index: 1 })
    );

    let mut rows = int8::Rows::new(backend);
    assert_eq!(rows.quantize(3, &[0.0; 4]), shape("x", 3, 4));
    rows.quantize(2, &[0.0; 4]).expect("fits");
    assert_eq!(weights.multiply(&rows, Finish::Store, &mut [0.0; 4]), shape("rows", 3, 2));
    rows.quantize(3, &[0.0; 6]).expect("fits");
    assert_eq!(weights.multiply(&rows, Finish::Store, &mut [0.0; 5]), shape("out", 4, 5));

    assert_eq!(layer_norm(backend, &mut [0.0; 4], &[1.0; 2], &[1.0; 3], 0.0), shape("beta", 2, 3));
    assert_eq!(layer_norm(backend, &mut [0.0; 5], &[1.0; 2], &[1.0; 2], 0.0), shape("x", 4, 5));
    let mut scratch = attention::Scratch::default();
    let odd = attention::attend(backend, &[0.0; 21], 7, 2, &mut scratch, &mut [0.0; 7]);
    assert_eq!(odd, shape("hidden", 6, 7));
    let short = attention::attend(backend, &[0.0; 17], 6, 2, &mut scratch, &mut [0.0; 6]);
    assert_eq!(short, shape("qkv", 18, 17));
    assert_eq!(dot_i8(&[1; 3], &[1; 6], 3, &mut [0; 3]), shape("plane", 9, 6));
    assert_eq!(dot_i8(&[1; 2], &[1; 6], 3, &mut [0; 2]), shape("query", 3, 2));
}

#[test]
fn operands_packed_for_two_backends_are_an_error_and_not_garbage() {
    let (scalar, others) = sweep::backends();
    let other = *others.first().expect("more than one backend");
    let expected =
        Err(KernelError::Backend { what: "rows", expected: scalar.name(), found: other.name() });
    let part = int8::Coded { codes: &[1; 3], scales: &[1.0], bias: &[0.0] };
    let weights = int8::Matrix::new(scalar, 3, &[part]).expect("fits");
    let mut rows = int8::Rows::new(other);
    rows.quantize(3, &[0.0; 3]).expect("fits");
    assert_eq!(weights.multiply(&rows, Finish::Store, &mut [0.0]), expected);
    let part = float::Plain { weights: &[1.0; 3], bias: &[0.0] };
    let weights = float::Matrix::new(scalar, 3, &[part]).expect("fits");
    let mut rows = float::Rows::new(other);
    rows.pack(3, &[0.0; 3]).expect("fits");
    assert_eq!(weights.multiply(&rows, Finish::Store, &mut [0.0]), expected);
}

#[test]
fn bytes_seen_as_codes_keep_their_value() {
    assert_eq!(as_i8(&[0, 1, 127, 128, 255]), [0, 1, 127, -128, -1]);
    assert!(as_i8(&[]).is_empty());
}
