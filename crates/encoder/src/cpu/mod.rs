//! The transformer's forward on the CPU, over `sextant_kernels`.
//!
//! BERT's encoder (Devlin et al., 2018): token and position vectors, a layer norm, then layers of attention and feed-forward, each
//! with its residual and layer norm; at last the pooled vector is made a unit vector. Texts of a batch lie one below the other, each as long
//! as it is: padding is never computed. Every backend gives the same bits.

mod forward;
mod weights;

pub use forward::{Scratch, forward, forward_batch};
pub use weights::{Layer, Linear, Norm, Parts, Rows, TokenTable, Weights};

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
