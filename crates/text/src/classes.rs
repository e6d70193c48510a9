//! Character classes and the lower-case mapping, out of the small tables that `build.rs` makes.
//!
//! The classes are those of the `unicode_categories` crate (Unicode 8), because the WordPiece reference uses that crate.

use std::cmp::Ordering;

include!(concat!(env!("OUT_DIR"), "/classes_table.rs"));

/// Low bits of a packed range that hold its length less one, as in `build.rs`.
const LENGTH_BITS: u32 = 11;

/// Whether `c` is a nonspacing mark (Mn): an accent, a vowel point, a virama.
pub(crate) fn is_nonspacing_mark(c: char) -> bool {
    c >= '\u{300}' && contains(&NONSPACING, c)
}

/// Whether the WordPiece reference splits at `c`: any ASCII symbol, and Unicode's P classes.
pub(crate) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || (!c.is_ascii() && contains(&PUNCTUATION, c))
}

/// Whether `c` is a control, format or private-use character (Cc, Cf, Co), tab and line ends included.
pub(crate) fn is_other(c: char) -> bool {
    c.is_ascii_control() || (!c.is_ascii() && contains(&OTHER, c))
}

/// Whether today's NFD treats `c` in another way than the Unicode 9 tables of the WordPiece reference do.
pub(crate) fn is_newer_than_reference(c: char) -> bool {
    !c.is_ascii() && contains(&NEWER_THAN_REFERENCE, c)
}

/// Appends the lower case of `c`, regardless of its neighbours: a final sigma becomes `σ`, as with `char::to_lowercase`.
pub(crate) fn push_lower(c: char, out: &mut String) {
    if c == '\u{130}' {
        // The one character with a lower case of two: capital I with a dot.
        out.push_str("i\u{307}");
    } else {
        out.push(lower(c));
    }
}

/// Whether `c` has another lower case than itself.
pub(crate) fn is_upper(c: char) -> bool {
    lower(c) != c || c == '\u{130}'
}

/// Whether `c` is a small letter of a script that has capitals: Latin, Greek, Cyrillic.
pub(crate) fn is_small(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_lowercase();
    }
    matches!(c, '\u{80}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}') && c.is_alphabetic() && !is_upper(c)
}

fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let code = u32::from(c);
    let after = LOWER.partition_point(|&(start, ..)| start <= code);
    let Some(&(start, count, stride, delta)) = after.checked_sub(1).and_then(|at| LOWER.get(at))
    else {
        return c;
    };
    let (steps, rest) = ((code - start) / u32::from(stride), (code - start) % u32::from(stride));
    if steps < u32::from(count) && rest == 0 {
        code.checked_add_signed(delta).and_then(char::from_u32).unwrap_or(c)
    } else {
        c
    }
}

fn contains(table: &[u32], c: char) -> bool {
    let code = u32::from(c);
    table
        .binary_search_by(|&packed| {
            let start = packed >> LENGTH_BITS;
            let length = packed & ((1 << LENGTH_BITS) - 1);
            if start > code {
                Ordering::Greater
            } else if start + length < code {
                Ordering::Less
            } else {
                Ordering::Equal
            }
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lower_case_is_that_of_the_standard_library() {
        for c in '\0'..=char::MAX {
            let mut ours = String::new();
            push_lower(c, &mut ours);
            assert_eq!(ours, c.to_lowercase().collect::<String>(), "{c:?}");
            assert_eq!(is_upper(c), !c.to_lowercase().eq([c]), "{c:?}");
        }
    }

    #[test]
    fn small_letters_are_those_of_the_standard_library() {
        for c in ['a', 'ß', 'é', 'ά', 'ж', 'ễ'] {
            assert!(is_small(c) && c.is_lowercase(), "{c}");
        }
        for c in ['A', 'É', 'Ж', '水', '한', '1', '.', 'Ễ'] {
            assert!(!is_small(c) && !c.is_lowercase(), "{c}");
        }
    }

    #[test]
    fn classes_hold_at_the_edges_of_their_ranges() {
        assert!(is_nonspacing_mark('\u{300}') && is_nonspacing_mark('\u{36f}'));
        assert!(!is_nonspacing_mark('\u{370}') && !is_nonspacing_mark('\u{2ff}'));
        assert!(is_punctuation('$') && is_punctuation('«') && is_punctuation('。'));
        assert!(!is_punctuation('€') && !is_punctuation('a') && !is_punctuation(' '));
        assert!(is_other('\0') && is_other('\u{85}') && is_other('\u{200b}'));
        assert!(is_other('\u{e000}') && is_other('\u{f8ff}') && is_other('\u{10fffd}'));
        assert!(!is_other('\u{f900}') && !is_other('\u{dff}') && !is_other('é'));
        assert!(!is_newer_than_reference('é') && !is_newer_than_reference('가'));
    }
}
