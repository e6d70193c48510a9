//! One command buffer, one submit, one read-back.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
#[cfg(not(target_arch = "wasm32"))]
use std::time::Duration;

use crate::buffer::Buffer;
use crate::device::{Gpu, of_driver};
use crate::error::GpuError;
use crate::kernel::Bound;

/// How long a native program waits for its queue. A page has its own clock and gives up by itself.
#[cfg(not(target_arch = "wasm32"))]
const PATIENCE: Duration = Duration::from_secs(120);
/// How many times as long a program may take that plays GPU: it computes on a CPU, beside others.
#[cfg(not(target_arch = "wasm32"))]
const SOFTWARE_PATIENCE: u32 = 20;

/// What a run took, for those who count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dispatches.
    pub dispatches: u32,
    /// Command buffers that were submitted.
    pub submits: u32,
    /// Buffers that were read back.
    pub readbacks: u32,
}

/// Work that is being recorded.
#[derive(Debug)]
pub struct Run<'a> {
    gpu: &'a Gpu,
    encoder: wgpu::CommandEncoder,
    pass: wgpu::ComputePass<'static>,
    counts: Counts,
}

impl<'a> Run<'a> {
    /// Starts with nothing.
    #[must_use]
    pub fn new(gpu: &'a Gpu, label: &str) -> Self {
        let label = Some(label);
        let mut encoder =
            gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label });
        let descriptor = wgpu::ComputePassDescriptor { label, timestamp_writes: None };
        let pass = encoder.begin_compute_pass(&descriptor).forget_lifetime();
        Self { gpu, encoder, pass, counts: Counts::default() }
    }

    /// Adds a dispatch, which sees all that those before it wrote. Nothing is added where a count is 0.
    pub fn dispatch(&mut self, bound: &Bound, [x, y]: [u32; 2]) {
        if x == 0 || y == 0 {
            return;
        }
        self.pass.set_pipeline(&bound.pipeline);
        self.pass.set_bind_group(0, &bound.group, &[]);
        self.pass.dispatch_workgroups(x, y, 1);
        self.counts.dispatches += 1;
    }

    /// Submits, and reads back the first `bytes` of `result`, a multiple of 4, by way of `readback`.
    ///
    /// Errors: [`GpuError::Lost`], [`GpuError::Timeout`], [`GpuError::Memory`], [`GpuError::Wrong`]: whatever went wrong
    /// since the last run, this one included.
    pub async fn finish(
        self,
        result: &Buffer,
        readback: &Buffer,
        bytes: usize,
    ) -> Result<(Vec<u8>, Counts), GpuError> {
        let Self { gpu, mut encoder, pass, mut counts } = self;
        drop(pass);
        gpu.watch.check()?;
        let length = bytes as u64;
        let scopes = Scopes::open(gpu);
        encoder.copy_buffer_to_buffer(&result.inner, 0, &readback.inner, 0, length);
        gpu.queue.submit([encoder.finish()]);
        counts.submits += 1;
        let slice = readback.inner.slice(..length);
        let mapped = Mapped::default();
        let done = mapped.clone();
        slice.map_async(wgpu::MapMode::Read, move |outcome| done.set(outcome.is_ok()));
        let errors = scopes.close();
        wait(gpu)?;
        let mapped = mapped.await;
        let errors = errors.await;
        // A loss, or memory that ran out, comes first: that commands are invalid then is a consequence.
        gpu.watch.check()?;
        errors?;
        if !mapped {
            return Err(GpuError::Lost { what: "its memory cannot be read".to_owned() });
        }
        let view = slice
            .get_mapped_range()
            .map_err(|error| GpuError::Wrong { what: error.to_string() })?;
        let out = view.to_vec();
        drop(view);
        readback.inner.unmap();
        counts.readbacks += 1;
        Ok((out, counts))
    }
}

/// Errors of what is done while it is open, out of memory apart from the rest.
#[derive(Debug)]
pub(crate) struct Scopes {
    validation: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
}

impl Scopes {
    pub(crate) fn open(gpu: &Gpu) -> Self {
        let validation = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Self { validation, memory }
    }

    /// Closes at once; what was seen comes when the device has told it.
    pub(crate) fn close(self) -> impl Future<Output = Result<(), GpuError>> {
        let (memory, validation) = (self.memory.pop(), self.validation.pop());
        async move {
            let errors = [memory.await, validation.await];
            match errors.into_iter().flatten().next() {
                Some(error) => Err(of_driver(&error)),
                None => Ok(()),
            }
        }
    }
}

/// Natively nobody else turns the crank.
#[cfg(not(target_arch = "wasm32"))]
fn wait(gpu: &Gpu) -> Result<(), GpuError> {
    let patience = if gpu.adapter().software { SOFTWARE_PATIENCE * PATIENCE } else { PATIENCE };
    let poll = wgpu::PollType::Wait { submission_index: None, timeout: Some(patience) };
    match gpu.device.poll(poll) {
        Ok(_) => Ok(()),
        Err(wgpu::PollError::Timeout) => Err(GpuError::Timeout { seconds: patience.as_secs() }),
        Err(error) => Err(GpuError::Wrong { what: error.to_string() }),
    }
}

/// A browser does it by itself.
#[cfg(target_arch = "wasm32")]
fn wait(_: &Gpu) -> Result<(), GpuError> {
    Ok(())
}

/// Whether a buffer was mapped, once that is known.
#[derive(Debug, Clone, Default)]
struct Mapped(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    outcome: Option<bool>,
    waker: Option<Waker>,
}

impl Mapped {
    fn set(&self, outcome: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Future for Mapped {
    type Output = bool;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.outcome {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
