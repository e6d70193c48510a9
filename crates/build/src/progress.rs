//! What a build tells about its progress. It has no clock: whoever listens has one.

/// The stages of a build, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Documents to passages; counted in documents.
    Split,
    /// Passages to vectors; counted in passages.
    Encode,
    /// Vectors to planes; counted in passages.
    Vectors,
    /// The keyword index; counted in passages.
    Words,
    /// Texts and page records; counted in passages.
    Texts,
    /// The encoder's own files; counted in files.
    Encoder,
}

impl Stage {
    /// The stage's name in a table: one lower-case word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Encode => "encode",
            Self::Vectors => "vectors",
            Self::Words => "words",
            Self::Texts => "texts",
            Self::Encoder => "encoder",
        }
    }
}

/// Hears how far a build is. Calls come in the order `start`, `advance`…, `start`…, `finish`.
pub trait Progress {
    /// A stage begins (and the one before ends). `total` is in the stage's own unit.
    fn start(&mut self, stage: Stage, total: u64);
    /// `count` more are done.
    fn advance(&mut self, count: u64);
    /// The last stage ended.
    fn finish(&mut self) {}
}

/// Nobody listens.
impl Progress for () {
    fn start(&mut self, _stage: Stage, _total: u64) {}
    fn advance(&mut self, _count: u64) {}
}
