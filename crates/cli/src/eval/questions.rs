//! Questions to a site: one a line with `id`, `q`, `kind`, `pages`, `anchors`.

use crate::eval::collection::json_lines;
use crate::failure::Failure;
use anyhow::Result;
use serde::Deserialize;
use std::path::Path;

/// The kind of questions that no page answers.
pub const UNANSWERABLE: &str = "unanswerable";

/// A question and what answers it.
#[derive(Clone, Debug, Deserialize)]
pub struct SiteQuestion {
    /// A name for messages.
    pub id: String,
    /// As a reader types it.
    #[serde(rename = "q")]
    pub text: String,
    /// `paraphrase`, `howto`, `keyword`, `identifier`, `typo`, or [`UNANSWERABLE`].
    pub kind: String,
    /// Paths relative to the site's root; empty where nothing answers.
    pub pages: Vec<String>,
    /// `path#id` of the best sections, where there are such.
    #[serde(default)]
    pub anchors: Vec<String>,
}

impl SiteQuestion {
    /// Whether some page answers it.
    pub fn is_answerable(&self) -> bool {
        !self.pages.is_empty()
    }
}

/// Reads a file of questions.
///
/// # Errors
/// A file that cannot be read or has no question, or a line that is none.
pub fn read(path: &Path) -> Result<Vec<SiteQuestion>> {
    let questions: Vec<SiteQuestion> = json_lines(path)?;
    if questions.is_empty() {
        return Err(Failure::new(format!("{}: no questions", path.display())).into());
    }
    Ok(questions)
}

/// A result's URL as a path relative to the site's root: `/library/` is `library/index.html`.
pub fn path_of(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let path =
        url.split_once("://").map_or(url, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    let path = path.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_paths_below_the_root() {
        assert_eq!(path_of("/"), "index.html");
        assert_eq!(path_of("/library/"), "library/index.html");
        assert_eq!(path_of("/library/re.html#re.match"), "library/re.html");
        assert_eq!(path_of("https://example.org/a/b.html?x"), "a/b.html");
        assert_eq!(path_of("https://example.org"), "index.html");
    }
}
