//! Unicode normalisation forms: from a crate natively, from the JavaScript engine in wasm, where tables would cost 50 KB.

/// A form of the Unicode standard's annex 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition.
    Nfkd,
    /// Canonical composition.
    Nfc,
}

/// Appends `text` in `form` to `out`.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn push_normalized(text: &str, form: Form, out: &mut String) {
    use unicode_normalization::UnicodeNormalization as _;
    match form {
        Form::Nfd => out.extend(text.nfd()),
        Form::Nfkd => out.extend(text.nfkd()),
        Form::Nfc => out.extend(text.nfc()),
    }
}

/// Appends `text` in `form` to `out`.
#[cfg(target_arch = "wasm32")]
pub(crate) fn push_normalized(text: &str, form: Form, out: &mut String) {
    let form = match form {
        Form::Nfd => "NFD",
        Form::Nfkd => "NFKD",
        Form::Nfc => "NFC",
    };
    out.push_str(&String::from(js_sys::JsString::from(text).normalize(form)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_told_apart() {
        let form = |form| {
            let mut out = String::new();
            push_normalized("é\u{fb01}", form, &mut out);
            out
        };
        assert_eq!(form(Form::Nfd), "e\u{301}\u{fb01}");
        assert_eq!(form(Form::Nfkd), "e\u{301}fi");
        assert_eq!(form(Form::Nfc), "é\u{fb01}");
    }
}
