//! What results are sorted by, where not by score.

/// A key of the metadata to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The key.
    pub key: String,
    /// Whether the highest value comes first. Pages without the key come last either way.
    pub descending: bool,
}

impl Sort {
    /// `date`, `date:asc` or `date:desc`; `None` without a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (key, descending) = match text.rsplit_once(':') {
            Some((key, "asc")) => (key, false),
            Some((key, "desc")) => (key, true),
            _ => (text, false),
        };
        (!key.is_empty()).then(|| Self { key: key.to_owned(), descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_followed_by_a_direction() {
        let parsed = |text| Sort::parse(text).map(|sort| (sort.key, sort.descending));
        assert_eq!(parsed("date"), Some(("date".into(), false)));
        assert_eq!(parsed("date:asc"), Some(("date".into(), false)));
        assert_eq!(parsed("a:b:desc"), Some(("a:b".into(), true)));
        assert_eq!(parsed("a:b"), Some(("a:b".into(), false)));
        assert_eq!((parsed(""), parsed(":desc")), (None, None));
    }
}
