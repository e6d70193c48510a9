//! What encodes questions to a bundle: a token table where that is asked for; else an encoder, the one that is asked for, else the
//! bundle's own, as readers have it, else the default one's small form if the bundle was made with that encoder.

use crate::bundle::Bundle;
use crate::carried::{self, Container};
use crate::failure::Failure;
use anyhow::{Context, Result};
use sextant_core::{BundleError, BundleFault, manifest};
use sextant_encoder::{Encoder, Scratch, TokenTable};
use std::path::Path;

/// What `--encoder` calls the rows that questions are looked up in.
pub const INSTANT: &str = "instant";

/// What turns questions into vectors.
pub enum QueryEncoder {
    /// An encoder with its working memory: the full tier.
    Full(Box<Encoder>, Scratch),
    /// A token table: the instant tier.
    Instant(TokenTable),
}

impl QueryEncoder {
    /// Opens a container.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(container: Container) -> Result<Self> {
        let encoder = Encoder::open_named(&container.file, container.bytes)?;
        Ok(Self::Full(Box::new(encoder), Scratch::default()))
    }

    /// Opens a token table.
    ///
    /// # Errors
    /// When it is none.
    pub fn open_table(container: Container) -> Result<Self> {
        Ok(Self::Instant(TokenTable::open_named(&container.file, container.bytes)?))
    }

    /// The table, if it is one.
    pub fn table(&self) -> Option<&TokenTable> {
        match self {
            Self::Full(..) => None,
            Self::Instant(table) => Some(table),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Full(encoder, _) => encoder.name(),
            Self::Instant(table) => &table.description().encoder,
        }
    }

    fn fingerprint(&self) -> &str {
        match self {
            Self::Full(encoder, _) => encoder.fingerprint(),
            Self::Instant(table) => table.fingerprint(),
        }
    }

    /// The encoder for questions to `bundle`; `None` where the bundle has no vectors.
    ///
    /// # Errors
    /// When there is no encoder, or it is another one than the bundle's vectors were made with.
    pub fn for_bundle(bundle: &Bundle, file: Option<&Path>) -> Result<Option<Self>> {
        if bundle.front.encoder.is_none() {
            return Ok(None);
        }
        let container = match file {
            Some(file) => carried::encoder(Some(file))?,
            None => match bundle.encoder_container()? {
                Some(bytes) => Container { file: "encoder/".to_owned(), bytes },
                None => carried::query_encoder(None, None)
                    .context("the bundle does not carry its encoder")?,
            },
        };
        Self::open(container)?.fitting(bundle).map(Some)
    }

    /// This one, if vectors of it may be compared with those of `bundle`.
    ///
    /// # Errors
    /// When they may not, or there are none.
    pub fn fitting(self, bundle: &Bundle) -> Result<Self> {
        let entry = bundle.front.encoder.as_ref();
        if entry.is_some_and(|entry| entry.fingerprint == self.fingerprint()) {
            return Ok(self);
        }
        let expected = entry.map(|entry| format!("{} ({})", entry.fingerprint, entry.name));
        let fault = BundleFault::Encoder {
            file: manifest::FILE.to_owned(),
            expected: expected.unwrap_or_else(|| "none".to_owned()),
            found: format!("{} ({})", self.fingerprint(), self.name()),
        };
        Err(BundleError::from(fault).into())
    }

    /// Whether vectors of this encoder may be compared with those of `passages`.
    ///
    /// # Errors
    /// When they may not.
    pub fn check_beside(&self, passages: &Encoder) -> Result<()> {
        if self.fingerprint() == passages.fingerprint() {
            return Ok(());
        }
        let what = format!(
            "questions are encoded by {} ({}), passages by {} ({})",
            self.name(),
            self.fingerprint(),
            passages.name(),
            passages.fingerprint()
        );
        Err(Failure::new(what)
            .hint("both must be made from the same weights, which `sextant model quantize` keeps: --query-encoder FILE names the one of questions")
            .into())
    }

    /// The unit vector of a question; `None` where a table has no row of any of its words.
    pub fn encode(&mut self, question: &str) -> Option<Vec<f32>> {
        match self {
            Self::Full(encoder, scratch) => Some(encoder.encode_query(scratch, question)),
            Self::Instant(table) => Some(table.encode(question))
                .filter(|vector| vector.iter().any(|value| *value != 0.0)),
        }
    }
}
