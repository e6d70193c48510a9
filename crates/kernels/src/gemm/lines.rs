//! Bytes that begin where a line of the cache does.
//!
//! WebAssembly's allocator gives addresses that are multiples of 8, so a quarter of the loads of 16 bytes would touch two lines, which
//! was a twentieth of the time of a product (in Chromium on an AMD Zen 4).

use core::ops::{Deref, DerefMut};

/// Bytes of a line: what they are on x86-64 and on most of ARM.
const LINE: usize = 64;

#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; LINE]);

/// Whole lines of signed bytes.
#[derive(Debug, Clone)]
pub(super) struct Lines(Vec<Line>);

impl Lines {
    /// So many zeros, and as many more as fill the last line.
    pub(super) fn zeros(len: usize) -> Self {
        Self(vec![Line([0; LINE]); len.div_ceil(LINE)])
    }
}

impl Deref for Lines {
    type Target = [i8];
    fn deref(&self) -> &[i8] {
        // SAFETY: a `Line` is `LINE` bytes and nothing else, so these are the bytes of the whole vector; lifetimes are equal.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * LINE) }
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [i8] {
        // SAFETY: as above, and `self` is borrowed for writing as long as they are; any byte is an `i8`.
        unsafe { core::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * LINE) }
    }
}
