//! `tokenizer.json`: the vocabulary and options of a WordPiece tokenizer, and a refusal of any other.

use std::path::Path;

use serde_json::Value;

use super::{malformed, read_json, unsupported};
use crate::config::TokenizerOptions;
use crate::error::EncoderError;

const OTHER_ENCODER: &str = "import an encoder with BERT's WordPiece tokenizer";
/// What WordPiece puts in front of a piece that continues a word.
const CONTINUATION: &str = "##";
/// The limit of BERT's own tokenizer, used where the file does not say one.
const MAX_CHARS_PER_WORD: u64 = 100;

/// Reads vocabulary (in the order of ids) and options.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, TokenizerOptions), EncoderError> {
    let json = read_json(path, "the vocabulary")?;
    let model = json.get("model").unwrap_or(&Value::Null);
    // Old files leave the model's type out; only WordPiece has a continuation prefix *and* a word limit.
    let kind = model.get("type").and_then(Value::as_str);
    let looks_like_word_piece = model.get("max_input_chars_per_word").is_some();
    if kind.map_or(!looks_like_word_piece, |kind| kind != "WordPiece") {
        let kind = kind.unwrap_or("of an unnamed kind");
        return Err(unsupported(path, format!("a tokenizer {kind}"), OTHER_ENCODER));
    }
    let continuation = text(model, "continuing_subword_prefix").unwrap_or(CONTINUATION);
    if continuation != CONTINUATION {
        return Err(unsupported(
            path,
            format!("the continuation prefix {continuation:?}"),
            OTHER_ENCODER,
        ));
    }
    check_steps(path, &json)?;

    let normalizer = normalizer(path, &json)?;
    let flag = |name: &str| normalizer.get(name).and_then(Value::as_bool);
    if flag("clean_text") == Some(false) {
        return Err(unsupported(path, "a normalizer that keeps control characters", OTHER_ENCODER));
    }
    let lowercase = flag("lowercase").unwrap_or(true);
    let (first, last) = template(path, &json)?;
    let options = TokenizerOptions {
        lowercase,
        // BERT's rule: accents go where upper case goes, unless the file says otherwise.
        strip_accents: flag("strip_accents").unwrap_or(lowercase),
        chinese_chars: flag("handle_chinese_chars").unwrap_or(true),
        max_chars_per_word: usize::try_from(
            model
                .get("max_input_chars_per_word")
                .and_then(Value::as_u64)
                .unwrap_or(MAX_CHARS_PER_WORD),
        )
        .unwrap_or(usize::MAX),
        unknown: text(model, "unk_token").unwrap_or("[UNK]").to_owned(),
        first,
        last,
    };
    let vocabulary = vocabulary(path, &json, model)?;
    options
        .check_names()
        .map_err(|what| unsupported(path, format!("a tokenizer in which {what}"), OTHER_ENCODER))?;
    for token in [&options.unknown, &options.first, &options.last] {
        if !vocabulary.contains(token) {
            return Err(malformed(path, format!("the vocabulary lacks {token}")));
        }
    }
    Ok((vocabulary, options))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A step that is a sequence of one is that one.
fn only_step(step: Option<&Value>, list: &str) -> Value {
    let step = step.cloned().unwrap_or_default();
    match step.get(list).and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => one.clone(),
        _ => step,
    }
}

fn normalizer(path: &Path, json: &Value) -> Result<Value, EncoderError> {
    let step = only_step(json.get("normalizer"), "normalizers");
    match text(&step, "type") {
        Some("BertNormalizer") => Ok(step),
        kind => Err(unsupported(
            path,
            format!("the normalizer {}", kind.unwrap_or("(none)")),
            OTHER_ENCODER,
        )),
    }
}

fn check_steps(path: &Path, json: &Value) -> Result<(), EncoderError> {
    let step = only_step(json.get("pre_tokenizer"), "pretokenizers");
    match text(&step, "type") {
        Some("BertPreTokenizer") => Ok(()),
        kind => Err(unsupported(
            path,
            format!("the splitter {}", kind.unwrap_or("(none)")),
            OTHER_ENCODER,
        )),
    }
}

/// The tokens before and after a text.
fn template(path: &Path, json: &Value) -> Result<(String, String), EncoderError> {
    let step = only_step(json.get("post_processor"), "processors");
    let named = match text(&step, "type") {
        Some("BertProcessing") => {
            let token =
                |key: &str| step.get(key).and_then(|pair| pair.get(0)).and_then(Value::as_str);
            token("cls").zip(token("sep"))
        }
        Some("TemplateProcessing") => {
            let single = step.get("single").and_then(Value::as_array).map(Vec::as_slice);
            let token = |piece: &'_ Value| {
                piece.pointer("/SpecialToken/id").and_then(Value::as_str).map(str::to_owned)
            };
            return match single {
                Some([first, middle, last]) if middle.get("Sequence").is_some() => {
                    token(first).zip(token(last))
                }
                _ => None,
            }
            .ok_or_else(|| {
                unsupported(path, "a template other than [CLS] text [SEP]", OTHER_ENCODER)
            });
        }
        _ => None,
    };
    named.map(|(first, last)| (first.to_owned(), last.to_owned())).ok_or_else(|| {
        unsupported(
            path,
            "a tokenizer that does not put [CLS] and [SEP] around a text",
            OTHER_ENCODER,
        )
    })
}

/// All tokens in the order of their ids, with none left out.
fn vocabulary(path: &Path, json: &Value, model: &Value) -> Result<Vec<String>, EncoderError> {
    let listed = model
        .get("vocab")
        .and_then(Value::as_object)
        .ok_or_else(|| malformed(path, "it has no model.vocab"))?
        .iter()
        .map(|(token, id)| (token.as_str(), id.as_u64()));
    let added =
        json.get("added_tokens").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let added = added.iter().filter_map(|token| {
        Some((text(token, "content")?, token.get("id").and_then(Value::as_u64)))
    });

    let mut tokens: Vec<(u64, &str)> = Vec::new();
    for (token, id) in listed.chain(added) {
        let id = id.ok_or_else(|| malformed(path, format!("token {token:?} has no id")))?;
        if token.contains('\n') {
            return Err(unsupported(
                path,
                format!("the token {token:?}, with a line end in it,"),
                OTHER_ENCODER,
            ));
        }
        tokens.push((id, token));
    }
    tokens.sort_unstable();
    tokens.dedup();
    for (at, (id, token)) in tokens.iter().enumerate() {
        if *id != at as u64 {
            return Err(malformed(
                path,
                format!("id {id} is token {token:?}, but {at} tokens come before it"),
            ));
        }
    }
    Ok(tokens.into_iter().map(|(_, token)| token.to_owned()).collect())
}
