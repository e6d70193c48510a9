//! An encoder's weights for a device that is not the CPU: what it is in a few words, and its tensors in a fixed order.
//!
//! The one who lends opens the container, checks it, and hands over a part at a time, as it lies in the file wherever the
//! device can use it so; the one who takes knows from the [`Model`] which part comes next. Neither needs the other's code:
//! in a browser they are two modules.

mod lender;
mod model;
mod part;

pub use lender::Lender;
pub use model::{Activation, Linear, Model, Table};
pub use part::{Part, Piece, Product, parts};
