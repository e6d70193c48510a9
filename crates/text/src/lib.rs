//! Text analysis that is the same at build and at query time: WordPiece for the encoder; terms, queries, sentences and
//! excerpts for the words.
//!
//! Everything here also runs in the wasm of the first load, so tables are small: Unicode classes and the lower case come
//! from `build.rs`, normalisation from JavaScript, and only English is stemmed without the feature
//! `all-languages`, unless another module lends its languages.

pub mod analysis;
pub mod error;
pub mod excerpt;
pub mod query;
pub mod sentences;
pub mod stem;
pub mod stop;
pub mod wordpiece;

mod classes;
mod compound;
mod fold;
mod normalize;
mod plain_words;
mod segment;

pub use analysis::{Analyzer, Term};
pub use error::TextError;
pub use plain_words::plain_words;
