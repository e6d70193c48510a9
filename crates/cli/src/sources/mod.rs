//! Documents out of what the command line names: directories and files, found, read and reported.

mod find;
mod read;

pub use find::{Files, Globs, find};
pub use read::{Documents, Reading, Trouble, read};
