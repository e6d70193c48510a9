//! Vectors that were computed before, by what decides them: the encoder and the text.

use sha2::{Digest, Sha256};

/// Names a vector: sha256 of the encoder's identity and of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VectorKey(pub [u8; 32]);

impl VectorKey {
    /// The key of the vector that the encoder `identity` (see
    /// [`PassageEncoder::identity`](crate::PassageEncoder::identity)) gives for `text`.
    #[must_use]
    pub fn new(identity: &str, text: &str) -> Self {
        let mut hash = Sha256::new();
        // The length keeps the two strings apart.
        hash.update((identity.len() as u64).to_le_bytes());
        hash.update(identity);
        hash.update(text);
        Self(hash.finalize().into())
    }
}

/// Remembers vectors between builds. A cache may forget at any time; it must not give another key's
/// vector.
pub trait VectorCache {
    /// The vector of `key`, f32 as the encoder gave it, if it is remembered.
    fn get(&mut self, key: &VectorKey) -> Option<Vec<f32>>;
    /// Remembers a batch of vectors. A cache that cannot store them goes without.
    fn put(&mut self, batch: &[(VectorKey, &[f32])]);
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

impl VectorCache for NoCache {
    fn get(&mut self, _key: &VectorKey) -> Option<Vec<f32>> {
        None
    }
    fn put(&mut self, _batch: &[(VectorKey, &[f32])]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_encoder_and_text_and_on_where_one_ends() {
        let key = VectorKey::new("ab", "c");
        assert_eq!(key, VectorKey::new("ab", "c"));
        assert_ne!(key, VectorKey::new("a", "bc"));
        assert_ne!(key, VectorKey::new("ab", "d"));
        assert_ne!(key, VectorKey::new("abc", ""));
    }
}
