//! tests/allocation.rs. In WebAssembly memory never shrinks, and a kernel that allocates a little for each query grows until the tab is closed.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use sextant_kernels::gemm::{Finish, float, int8};
use sextant_kernels::{Backend, attention, layer_norm};

/// Counts what is asked for.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `GlobalAlloc`'s contract for `layout`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, that is from `System`, with this `layout`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

// One test only: a second one would count into the first's.
#[test]
fn a_second_use_of_the_same_size_or_smaller_allocates_nothing() {
    let backend = Backend::best();
    let (codes, ones) = (vec![1; 48 * 32], vec![1.0; 48]);
    let part = int8::Coded { codes: &codes, scales: &ones, bias: &ones };
    let coded = int8::Matrix::new(backend, 32, &[part]).expect("shapes fit");
    let values = vec![1.0; 48 * 32];
    let part = float::Plain { weights: &values, bias: &ones };
    let plain = float::Matrix::new(backend, 32, &[part]).expect("shapes fit");
    let (mut coded_rows, mut plain_rows) = (int8::Rows::new(backend), float::Rows::new(backend));
    let mut scratch = attention::Scratch::default();
    let (x, mut y, mut mixed) = (vec![0.5; 21 * 32], vec![0.0; 21 * 48], vec![0.0; 21 * 16]);
    let mut run = |tokens: usize| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let (x, y) = (&x[..tokens * 32], &mut y[..tokens * 48]);
        coded_rows.quantize(32, x).expect("whole rows");
        coded.multiply(&coded_rows, Finish::Store, y).expect("shapes fit");
        plain_rows.pack(32, x).expect("whole rows");
        plain.multiply(&plain_rows, Finish::Accumulate, y).expect("shapes fit");
        layer_norm(backend, y, &ones, &ones, 1e-12).expect("shapes fit");
        let mixed = &mut mixed[..tokens * 16];
        attention::attend(backend, y, 16, 2, &mut scratch, mixed).expect("shapes fit");
        ALLOCATIONS.load(Ordering::Relaxed) - before
    };
    assert!(run(21) > 0, "the first use must allocate, or nothing is counted");
    assert_eq!([run(21), run(1), run(20)], [0, 0, 0]);
}
