//! Passages, the unit that is embedded and found, and the numbers that name them and their pages.

use serde::{Deserialize, Serialize};

/// A page's number in its bundle, from 0, in the order of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageId(pub u32);

/// A passage's number in its bundle, from 0. Row `n` of every plane is passage `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PassageId(pub u32);

/// A heading-bounded run of a page's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The page it is part of.
    pub page: PageId,
    /// Headings above the text, outermost first; the page's title is not repeated here.
    pub trail: Vec<String>,
    /// The id of the nearest heading that has one: `url#anchor` leads there.
    pub anchor: Option<String>,
    /// The text as a reader sees it. Code keeps its line breaks; prose has none.
    pub text: String,
}

impl Passage {
    /// Bytes of its texts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let trail = self.trail.iter().map(String::len).sum::<usize>();
        self.text.len() + trail + self.anchor.as_ref().map_or(0, String::len)
    }

    /// The text that the encoder reads: title, heading trail and body, a line each.
    ///
    /// A heading that repeats the title is left out.
    #[must_use]
    pub fn encoded_text(&self, title: &str) -> String {
        let mut lines: Vec<&str> = Vec::with_capacity(3);
        if !title.is_empty() {
            lines.push(title);
        }
        let trail = self.trail.iter().map(String::as_str).filter(|heading| *heading != title);
        let trail = trail.collect::<Vec<_>>().join(" > ");
        if !trail.is_empty() {
            lines.push(&trail);
        }
        lines.push(&self.text);
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_trail_are_put_in_front_and_not_twice() {
        let passage = Passage {
            page: PageId(0),
            trail: vec!["Guide".into(), "Install".into()],
            anchor: None,
            text: "Run it.".into(),
        };
        assert_eq!(passage.encoded_text("Guide"), "Guide\nInstall\nRun it.");
        assert_eq!(passage.encoded_text(""), "Guide > Install\nRun it.");
    }
}
