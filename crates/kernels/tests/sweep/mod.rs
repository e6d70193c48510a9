//! One sweep over every kernel and every backend, shared by the native tests and the module that runs in WebAssembly.
//!
//! Two comparisons: each kernel on the scalar backend with an oracle (plain loops, f64 or exact integers), and each other backend with the
//! scalar one, bit for bit. A wrong tail or a wrong tile shows as a length around a multiple of the tile.

pub mod compare;
pub mod gemm;
pub mod inputs;
pub mod rows;
pub mod scan;

use sextant_kernels::Backend;

/// Every check there is, with the name under which a test reports it.
pub const CHECKS: &[(&str, fn())] = &[
    ("int8 products", gemm::int8_products_equal_the_oracle),
    ("int8 extremes", gemm::int8_products_hold_at_the_largest_sum),
    ("int8 light weights", gemm::int8_products_hold_where_weights_stop_to_be_light),
    ("float products", gemm::float_products_equal_the_oracle),
    ("activations", rows::activations_equal_the_oracle),
    ("layer norm", rows::layer_norm_equals_the_oracle),
    ("attention", rows::attention_equals_the_oracle),
    ("scan int8", scan::integer_dots_equal_the_oracle),
    ("scan extremes", scan::integer_dots_hold_at_the_largest_sum),
    ("scan float", scan::float_dots_equal_the_oracle),
    ("scan packed", scan::packed_dots_equal_the_oracle),
    ("scan packed extremes", scan::packed_dots_hold_at_the_largest_sum),
    ("scan packed shapes", scan::packed_dots_refuse_what_does_not_fit),
    ("scan sketch", scan::sketch_sums_equal_the_oracle),
    ("scan sketch shapes", scan::sketch_sums_refuse_what_does_not_fit),
    ("comparer", compare::the_comparer_finds_planted_errors),
];

/// The scalar backend and all others.
pub fn backends() -> (Backend, Vec<Backend>) {
    let mut all = Backend::available();
    let scalar = all.remove(0);
    assert_eq!(scalar.name(), "scalar");
    (scalar, all)
}
