//! Folds words so that spellings meet: lower case, compatibility forms, no diacritics.

use crate::classes;
use crate::normalize::{Form, push_normalized};
use crate::segment::{Class, class};

/// Appends `text` in lower case, in compatibility form (`ﬁ` is `fi`, `²` is `2`), composed, without invisible characters.
/// Accents stay: stemmers know them. `spare` is a buffer.
pub(crate) fn push_lower(text: &str, spare: &mut String, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    spare.clear();
    if text.chars().all(is_inert) {
        spare.push_str(text);
    } else {
        push_normalized(text, Form::Nfkd, spare);
    }
    let begin = out.len();
    for c in spare.chars() {
        match c {
            '\u{2019}' => out.push('\''),
            '\u{fe00}'..='\u{fe0f}' => {}
            _ if class(c) == Class::Ignorable => {}
            _ => classes::push_lower(c, out),
        }
    }
    if out.get(begin..).is_some_and(|lowered| !lowered.chars().all(is_inert)) {
        recompose(begin, spare, out);
    }
}

/// Takes the diacritics off `text`, which is as [`push_lower`] leaves it, and says whether that changed it.
///
/// Diacritics are the combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic, and the letters with a stroke or a
/// ligature that Unicode does not decompose. The vowel signs of Indic and Thai script and the kana's voicing marks are
/// letters to their readers, and stay.
pub(crate) fn strip_diacritics(text: &mut String, spare: &mut String) -> bool {
    if text.is_ascii() || text.chars().all(|c| is_inert(c) && !is_special(c)) {
        return false;
    }
    spare.clear();
    push_normalized(text, Form::Nfd, spare);
    let before = std::mem::take(text);
    for c in spare.chars().filter(|&c| !is_diacritic(c)) {
        match c {
            'ß' => text.push_str("ss"),
            'æ' => text.push_str("ae"),
            'œ' => text.push_str("oe"),
            'ø' => text.push('o'),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            'ħ' => text.push('h'),
            'ı' => text.push('i'),
            'ς' => text.push('σ'),
            _ => text.push(c),
        }
    }
    if !text.chars().all(|c| c.is_ascii() || is_inert(c)) {
        recompose(0, spare, text);
    }
    *text != before
}

fn recompose(begin: usize, spare: &mut String, out: &mut String) {
    spare.clear();
    push_normalized(out.get(begin..).unwrap_or_default(), Form::Nfc, spare);
    out.truncate(begin);
    out.push_str(spare);
}

fn is_special(c: char) -> bool {
    matches!(c, 'ß' | 'æ' | 'œ' | 'ø' | 'ł' | 'đ' | 'ħ' | 'ı' | 'ς')
}

fn is_diacritic(c: char) -> bool {
    let block = matches!(u32::from(c),
        0x300..=0x8ff | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f);
    block && classes::is_nonspacing_mark(c)
}

/// Whether no normal form changes `c`, whatever stands beside it: an approximation from below, that spares most words of the
/// scripts that need it most a call into JavaScript.
fn is_inert(c: char) -> bool {
    matches!(u32::from(c),
        0..=0x7f
        | 0x410..=0x418 | 0x41a..=0x438 | 0x43a..=0x44f
        | 0x5d0..=0x5ea | 0x621 | 0x627..=0x63f | 0x641..=0x64a
        | 0x391..=0x3a1 | 0x3a3..=0x3a9 | 0x3b1..=0x3c9
        | 0xe01..=0xe32 | 0xe40..=0xe46
        | 0x3041..=0x3096 | 0x30a1..=0x30fa | 0x30fc | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7a3
        | 0xdf | 0xe6 | 0xf8 | 0x111 | 0x131 | 0x142 | 0x153 | 0x2019)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(text: &str) -> String {
        let mut out = String::from(">");
        push_lower(text, &mut String::from("old"), &mut out);
        out.split_off(1)
    }

    fn plain(text: &str) -> String {
        let mut out = lower(text);
        strip_diacritics(&mut out, &mut String::from("old"));
        out
    }

    #[test]
    fn case_compatibility_forms_and_invisible_characters_are_folded() {
        assert_eq!(lower("ﬁLE"), "file");
        assert_eq!(lower("ＡＢＣ１２"), "abc12");
        assert_eq!(lower("E\u{301}te\u{301} so\u{ad}ft O’R"), "été soft o'r");
        assert_eq!(lower("ｶﾞ"), "ガ");
        assert_eq!(lower("❤\u{fe0f}"), "❤");
    }

    #[test]
    fn diacritics_go_where_readers_leave_them_out() {
        for (text, expected) in [
            ("Résumé", "resume"),
            ("Đường Việt", "duong viet"),
            ("Łódź Ærø Straße", "lodz aero strasse"),
            ("ёлка Й", "елка и"),
            ("ΟΔΟΣ ὁδός", "οδοσ οδοσ"),
            ("مُحَمَّد أ", "محمد ا"),
            ("שָׁלוֹם", "שלום"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn marks_that_are_letters_to_their_readers_stay() {
        for text in ["が", "हिन्दी", "ภาษาไทยกู้", "한국어"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("か\u{3099}"), "が");
        assert_eq!(plain("\u{1112}\u{1161}\u{11ab}"), "한");
    }

    #[test]
    fn what_is_called_inert_is_changed_by_no_normal_form() {
        for c in ('\0'..=char::MAX).filter(|&c| is_inert(c)) {
            for form in [Form::Nfd, Form::Nfkd, Form::Nfc] {
                let mut out = String::new();
                push_normalized(&c.to_string(), form, &mut out);
                let decomposed = out != c.to_string();
                let hangul_or_kana = matches!(c, '가'..='힣' | 'ぁ'..='ヺ');
                assert!(!decomposed || hangul_or_kana, "{c:?} {form:?}");
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_control()) {
            let once = plain(&c.to_string());
            assert_eq!(plain(&once), once, "{c:?}");
        }
    }
}
