//! What the driver refuses is an error that says so, once, and no panic.
//!
//! Loss it prevents: wgpu's own answer to an error that nobody caught, which ends the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

use std::sync::Arc;

use sextant_gpu::testing::open;
use sextant_gpu::{Binding, Buffer, Gpu, GpuError, Kernel, Options, Real, Run, Shader, Use};

const DOUBLES: &str = "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) { x[i] *= 2u; }";

/// What a shader of `text` makes of four words.
fn run(gpu: &Arc<Gpu>, text: &'static [&'static str]) -> Result<Vec<u8>, GpuError> {
    let shader = Shader {
        label: "test",
        real: Real::None,
        packed: false,
        files: text,
        constants: vec![],
        bindings: &[Binding::Write],
    };
    let x = Buffer::of_words(gpu, "x", &[1, 2, 3, 4])?;
    let readback = Buffer::new(gpu, "readback", Use::Readback, 16)?;
    let bound = Kernel::new(gpu, &shader).bind(gpu, &[&x])?;
    let mut run = Run::new(gpu, "test");
    run.dispatch(&bound, [1, 1]);
    pollster::block_on(run.finish(&x, &readback, 16)).map(|(bytes, _)| bytes)
}

#[test]
fn a_shader_that_does_not_compile_is_an_error_and_the_next_one_runs() {
    let Some(gpu) = open(&Options::default()) else { return };
    let doubled = [2u32, 4, 6, 8].map(u32::to_le_bytes).concat();
    assert_eq!(run(&gpu, &[DOUBLES]), Ok(doubled.clone()));
    let wrong = run(&gpu, &["@compute @workgroup_size(1) fn main() { let x: u32 = 1.0f; }"]);
    assert_eq!(wrong.unwrap_err().code(), "gpu/wrong");
    assert_eq!(run(&gpu, &[DOUBLES]), Ok(doubled));
}

#[test]
fn a_buffer_that_is_too_large_is_refused_before_it_is_made() {
    let Some(gpu) = open(&Options::default()) else { return };
    let most = usize::try_from(gpu.largest_buffer()).unwrap();
    let found = Buffer::new(&gpu, "x", Use::Storage, most + 1).unwrap_err();
    assert_eq!(found.code(), "gpu/memory");
    assert_eq!(gpu.bytes(), 0);
}

#[test]
fn nothing_is_written_beyond_a_buffers_end_or_between_its_words() {
    let Some(gpu) = open(&Options::default()) else { return };
    let buffer = Buffer::new(&gpu, "x", Use::Storage, 16).unwrap();
    for (at, bytes) in [(0, 17), (16, 1), (2, 4), (usize::MAX - 3, 8)] {
        let found = buffer.write(at, &vec![0; bytes]);
        assert!(matches!(found, Err(GpuError::Shape { .. })), "{at} {bytes}: {found:?}");
    }
    assert_eq!(buffer.write(4, &[1; 9]), Ok(()));
}

#[test]
fn memory_is_given_back_with_its_buffer() {
    let Some(gpu) = open(&Options::default()) else { return };
    let buffers = [100, 16].map(|bytes| Buffer::new(&gpu, "x", Use::Storage, bytes).unwrap());
    assert_eq!(gpu.bytes(), 112 + 16);
    drop(buffers);
    assert_eq!(gpu.bytes(), 0);
}
