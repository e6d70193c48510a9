//! An encoder as it was read from someone else's files: f32 weights in our layout, before any quantization.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::config::{Pooling, Shape, TokenizerOptions};
use crate::error::EncoderError;
use crate::layout::{self, Slot};

/// Bytes of a SHA-256 that a fingerprint shows.
const FINGERPRINT_BYTES: usize = 16;

/// A sentence encoder of the BERT family, complete and checked: every tensor of its shape is there.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) pooling: Pooling,
    pub(super) normalize: bool,
    pub(super) max_tokens: usize,
    pub(super) query_prefix: String,
    pub(super) passage_prefix: String,
    pub(super) tokenizer: TokenizerOptions,
    pub(super) vocabulary: Vec<String>,
    pub(super) tensors: BTreeMap<String, Vec<f32>>,
    /// Where the encoder came from a container: what that says, since its weights may have been rounded.
    pub(super) fingerprint: Option<String>,
}

impl Source {
    /// The encoder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The transformer's shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How token vectors become one vector.
    #[must_use]
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// The longest text in tokens.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// 32 hexadecimal digits over everything that moves a passage's vector: weights, shape, tokenizer,
    /// pooling, passage prefix, length. The query's prefix and the name are left out.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone().unwrap_or_else(|| self.hash())
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        // `Debug` of these types is theirs to change; a line a field is not.
        let Shape { layers, hidden, heads, intermediate, positions, vocabulary, .. } = self.shape;
        for number in [layers, hidden, heads, intermediate, positions, vocabulary, self.max_tokens]
        {
            field(&(number as u64).to_le_bytes());
        }
        field(&self.shape.layer_norm_epsilon.to_le_bytes());
        field(json(&self.shape.activation).as_bytes());
        field(json(&self.pooling).as_bytes());
        field(json(&self.tokenizer).as_bytes());
        field(self.passage_prefix.as_bytes());
        field(self.vocabulary.join("\n").as_bytes());
        for slot in layout::slots(&self.shape) {
            field(slot.name.as_bytes());
            let values = self.tensors.get(&slot.name).map(Vec::as_slice).unwrap_or_default();
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            field(&bytes);
        }
        hash.finalize().iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }

    /// One token an entry, in the order of their ids.
    #[must_use]
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// The numbers of a tensor, row major, by its name in [`crate::layout`].
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&[f32]> {
        self.tensors.get(name).map(Vec::as_slice)
    }

    /// The same encoder with other numbers in one tensor, for measuring what they change. Its fingerprint stays.
    ///
    /// Errors: [`EncoderError::Malformed`] when there is no such tensor of that length or a number is not finite.
    pub fn with_values(mut self, name: &str, values: Vec<f32>) -> Result<Self, EncoderError> {
        self.fingerprint = Some(self.fingerprint());
        self.tensors.insert(name.to_owned(), values);
        self.checked()
    }

    /// The same encoder without the positions that no text reaches, since it is cut before. Its fingerprint stays.
    #[must_use]
    pub fn without_idle_positions(mut self) -> Self {
        self.fingerprint = Some(self.fingerprint());
        self.shape.positions = self.shape.positions.min(self.max_tokens);
        if let Some(table) = self.tensors.get_mut(layout::POSITIONS) {
            table.truncate(self.shape.positions * self.shape.hidden);
        }
        self
    }

    /// Itself, if every tensor is there with as many finite numbers as the shape says; others are dropped.
    pub(super) fn checked(mut self) -> Result<Self, EncoderError> {
        let slots = layout::slots(&self.shape);
        for slot in &slots {
            self.tensor(slot)?;
        }
        self.tensors.retain(|name, _| slots.iter().any(|slot| slot.name == *name));
        Ok(self)
    }

    /// The numbers of a slot of this shape, row major.
    pub(super) fn tensor(&self, slot: &Slot) -> Result<&[f32], EncoderError> {
        let wrong = |what: String| EncoderError::Malformed { file: self.file.clone(), what };
        let values = self
            .tensors
            .get(&slot.name)
            .ok_or_else(|| wrong(format!("tensor {} is missing", slot.name)))?;
        if values.len() != slot.len() {
            return Err(wrong(format!(
                "tensor {} has {} numbers where {:?} are expected",
                slot.name,
                values.len(),
                slot.shape
            )));
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => {
                Err(wrong(format!("tensor {} has a number at {at} that is not finite", slot.name)))
            }
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // These are enums and structs of strings and numbers: writing them cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
