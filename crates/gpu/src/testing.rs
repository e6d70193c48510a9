//! The device of a test: whatever adapter there is.

use std::sync::Arc;

use crate::device::{Gpu, Options};

/// Opens the device, or says in the output that the test is skipped and why. In CI (`CI=true` when the tests are compiled)
/// there has to be one: Debian's `mesa-vulkan-drivers` bring one that needs no GPU.
#[must_use]
#[expect(clippy::panic, reason = "a test that cannot run fails")]
pub fn open(options: &Options) -> Option<Arc<Gpu>> {
    match pollster::block_on(Gpu::open(options)) {
        Ok(gpu) => Some(Arc::new(gpu)),
        Err(error) if option_env!("CI") == Some("true") => {
            panic!("{error}: install mesa-vulkan-drivers")
        }
        Err(error) => {
            println!("skipped: {error}; mesa-vulkan-drivers brings an adapter that needs no GPU");
            None
        }
    }
}
