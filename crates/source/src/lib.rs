//! Documents out of HTML, Markdown and JSON Lines: bytes in, [`sextant_core::Document`]s out, no I/O.
//!
//! A page is read on its own, so a caller reads pages in parallel. What needs the whole site (pages
//! without a body region when others have one) is decided by `html::keep_marked_pages`.

#[cfg(feature = "files")]
mod decode;
mod error;
#[cfg(feature = "files")]
pub mod html;
pub mod jsonl;
#[cfg(feature = "files")]
pub mod markdown;
#[cfg(feature = "files")]
mod path;

pub use error::SourceError;
