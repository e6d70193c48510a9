//! Which page a passage is part of. Passages of a page lie together, and pages ascend with them, so the
//! first passage of each page says all.

use crate::passage::{PageId, PassageId};
use std::ops::Range;

/// The passages of every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// First passage of each page, ascending.
    starts: Vec<u32>,
    passages: u32,
}

impl Directory {
    /// Adds the next page, of `passages`. Gives `false`, and adds nothing, where it has none or there would
    /// be more than 32 bits number.
    #[must_use]
    pub fn add(&mut self, passages: u32) -> bool {
        let Some(end) = self.passages.checked_add(passages).filter(|_| passages > 0) else {
            return false;
        };
        self.starts.push(self.passages);
        self.passages = end;
        true
    }

    /// The directory of passages with these pages; [`None`] unless pages begin at 0 and ascend by one.
    pub fn of(pages: impl IntoIterator<Item = PageId>) -> Option<Self> {
        let mut directory = Self::default();
        for page in pages {
            match page.0.checked_sub(directory.pages()) {
                None if page.0 + 1 == directory.pages() => {}
                Some(0) => directory.starts.push(directory.passages),
                _ => return None,
            }
            directory.passages = directory.passages.checked_add(1)?;
        }
        Some(directory)
    }

    /// Number of passages.
    #[must_use]
    pub fn passages(&self) -> u32 {
        self.passages
    }

    /// Number of pages.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The page of `passage`, where there is such a passage.
    #[must_use]
    pub fn page(&self, passage: PassageId) -> Option<PageId> {
        if passage.0 >= self.passages {
            return None;
        }
        let behind = self.starts.partition_point(|start| *start <= passage.0);
        behind.checked_sub(1).map(|page| PageId(page as u32))
    }

    /// The passages of `page`, none where there is no such page.
    #[must_use]
    pub fn range(&self, page: PageId) -> Range<u32> {
        let at = |page: usize| self.starts.get(page).copied().unwrap_or(self.passages);
        at(page.0 as usize)..at((page.0 as usize).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_without_passages_and_too_many_passages_are_refused() {
        let mut directory = Directory::default();
        assert!(!directory.add(0));
        assert!(directory.add(u32::MAX) && !directory.add(1));
        assert_eq!(directory.pages(), 1);
    }

    #[test]
    fn pages_that_do_not_ascend_one_by_one_make_no_directory() {
        let of = |pages: &[u32]| Directory::of(pages.iter().copied().map(PageId));
        assert_eq!(of(&[0, 0, 1]).map(|directory| directory.pages()), Some(2));
        for pages in [&[1][..], &[0, 2], &[0, 1, 0]] {
            assert_eq!(of(pages), None, "{pages:?}");
        }
    }

    proptest! {
        #[test]
        fn every_passage_is_in_its_page_and_in_no_other(counts in proptest::collection::vec(1u32..9, 0..20)) {
            let mut directory = Directory::default();
            counts.iter().for_each(|count| assert!(directory.add(*count)));
            let pages = counts.iter().enumerate();
            let pages: Vec<u32> = pages.flat_map(|(page, count)| vec![page as u32; *count as usize]).collect();
            prop_assert_eq!(Directory::of(pages.iter().copied().map(PageId)), Some(directory.clone()));
            for (passage, page) in (0..).zip(&pages) {
                prop_assert_eq!(directory.page(PassageId(passage)), Some(PageId(*page)));
                prop_assert!(directory.range(PageId(*page)).contains(&passage));
            }
            prop_assert_eq!(directory.page(PassageId(directory.passages())), None);
            prop_assert!(directory.range(PageId(directory.pages())).is_empty());
        }
    }
}
