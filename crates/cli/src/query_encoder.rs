//! The encoder for questions to a bundle: the one that is asked for, else the bundle's own, as readers have it, else the
//! default one's small form if the bundle was made with that encoder.

use crate::bundle::Bundle;
use crate::carried::{self, Container};
use crate::failure::Failure;
use anyhow::{Context, Result};
use sextant_core::{BundleError, manifest};
use sextant_encoder::{Encoder, Scratch};
use std::path::Path;

/// An encoder and its working memory.
pub struct QueryEncoder {
    encoder: Encoder,
    scratch: Scratch,
}

impl QueryEncoder {
    /// Opens a container.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(container: Container) -> Result<Self> {
        let encoder = Encoder::open_named(&container.file, container.bytes)?;
        Ok(Self { encoder, scratch: Scratch::default() })
    }

    /// The encoder for questions to `bundle`; `None` where the bundle has no vectors.
    ///
    /// # Errors
    /// When there is no encoder, or it is another one than the bundle's vectors were made with.
    pub fn for_bundle(bundle: &Bundle, file: Option<&Path>) -> Result<Option<Self>> {
        let Some(entry) = &bundle.front.encoder else { return Ok(None) };
        let container = match file {
            Some(file) => carried::encoder(Some(file))?,
            None => match bundle.encoder_container()? {
                Some(bytes) => Container { file: "encoder/".to_owned(), bytes },
                None => carried::query_encoder(None, None)
                    .context("the bundle does not carry its encoder")?,
            },
        };
        let encoder = Self::open(container)?;
        let found = encoder.encoder.fingerprint();
        if found != entry.fingerprint {
            return Err(BundleError::Encoder {
                file: manifest::FILE.to_owned(),
                expected: format!("{} ({})", entry.fingerprint, entry.name),
                found: format!("{found} ({})", encoder.encoder.name()),
            }
            .into());
        }
        Ok(Some(encoder))
    }

    /// Whether vectors of this encoder may be compared with those of `passages`.
    ///
    /// # Errors
    /// When they may not.
    pub fn check_beside(&self, passages: &Encoder) -> Result<()> {
        let (questions, passages) = (&self.encoder, passages);
        if questions.fingerprint() == passages.fingerprint() {
            return Ok(());
        }
        let named = |encoder: &Encoder| format!("{} ({})", encoder.name(), encoder.fingerprint());
        let what = format!(
            "--query-encoder is {}, passages are encoded by {}",
            named(questions),
            named(passages)
        );
        Err(Failure::new(what)
            .hint("both must be made from the same weights: `sextant model quantize` keeps the fingerprint")
            .into())
    }

    /// The unit vector of a question.
    pub fn encode(&mut self, question: &str) -> Vec<f32> {
        self.encoder.encode_query(&mut self.scratch, question)
    }
}
