//! What the builder asks of an encoder, and the encoder that comes out of a container.

use sextant_core::head::hex;
use sextant_encoder::{Encoder, EncoderError};
use sha2::{Digest, Sha256};

/// Raised when the same container gives other vectors than before, so that caches forget the old ones.
const ARITHMETIC: u32 = 1;

/// Turns passages into vectors.
pub trait PassageEncoder {
    /// `all-MiniLM-L6-v2`.
    fn name(&self) -> &str;
    /// Of weights and tokenizer, before quantization: what query and document side must agree on.
    fn fingerprint(&self) -> &str;
    /// Of everything that decides a vector bit for bit; only caches look at it.
    fn identity(&self) -> &str;
    /// Length of a vector.
    fn dimensions(&self) -> usize;
    /// One unit vector a text, row by row. A text's vector does not depend on the others.
    ///
    /// # Errors
    /// Whatever keeps the encoder from encoding.
    fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError>;
}

/// An encoder as a manifest names it.
#[derive(Clone, Copy, Debug)]
pub struct EncoderName<'e> {
    /// `all-MiniLM-L6-v2`.
    pub name: &'e str,
    /// Of weights and tokenizer: what query and document side must agree on.
    pub fingerprint: &'e str,
    /// Length of a vector.
    pub dimensions: usize,
}

impl<'e> EncoderName<'e> {
    pub(crate) fn of(encoder: &'e dyn PassageEncoder) -> Self {
        let (name, fingerprint) = (encoder.name(), encoder.fingerprint());
        Self { name, fingerprint, dimensions: encoder.dimensions() }
    }
}

/// An encoder with the hash of the container that it came from.
pub struct ContainerEncoder {
    encoder: Encoder,
    identity: String,
}

impl ContainerEncoder {
    /// Opens a container that came from `file`, as messages call it.
    ///
    /// # Errors
    /// [`EncoderError`] when it is none.
    pub fn open(file: &str, container: Vec<u8>) -> Result<Self, EncoderError> {
        let identity = format!("{ARITHMETIC}/{}", hex(&Sha256::digest(&container)));
        Ok(Self { encoder: Encoder::open_named(file, container)?, identity })
    }

    /// The encoder itself.
    #[must_use]
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}

impl PassageEncoder for ContainerEncoder {
    fn name(&self) -> &str {
        self.encoder.name()
    }
    fn fingerprint(&self) -> &str {
        self.encoder.fingerprint()
    }
    fn identity(&self) -> &str {
        &self.identity
    }
    fn dimensions(&self) -> usize {
        self.encoder.dimensions()
    }
    fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        Ok(self.encoder.encode_passages(texts))
    }
}
