//! The selection stage: which passages a filter lets into the answer.

use sextant_core::directory::Directory;
use sextant_core::passage::{PageId, PassageId};
use sextant_index::filters::Bits;

/// The passages of the pages that pass a filter. Stages restrict themselves to it *before* they keep
/// the best: a few members by walking [`Selection::iter`], many by asking [`Selection::contains`].
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    passages: Bits,
    members: u32,
}

impl Selection {
    /// The passages of `pages`.
    #[must_use]
    pub fn new(pages: &Bits, directory: &Directory) -> Self {
        let mut passages = Bits::none(directory.passages());
        pages.iter().for_each(|page| passages.insert(directory.range(PageId(page))));
        let members = passages.count();
        Self { passages, members }
    }

    /// Whether `passage` is one of them.
    #[must_use]
    #[inline]
    pub fn contains(&self, passage: PassageId) -> bool {
        self.passages.contains(passage.0)
    }

    /// Number of passages.
    #[must_use]
    pub fn members(&self) -> u32 {
        self.members
    }

    /// The passages, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PassageId> + '_ {
        self.passages.iter().map(PassageId)
    }
}
