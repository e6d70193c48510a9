//! JSON Lines: one record a line, `{"id", "url", "title", "text", "meta", "filters", "sort", "language"}`.
//!
//! `_id` (the field's name in the BEIR collections) is taken for `id`. Fields that are not known are
//! left alone. `text` is plain: blank lines part paragraphs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sextant_core::{Block, Document, Section};

use crate::SourceError;
#[cfg(feature = "files")]
use crate::decode;

/// Reads a file of records. A line that cannot be read is an error of its own, and the lines after it
/// are read all the same; blank lines are passed over.
///
/// `id` is needed, or `url`, which then is the id as well. Without `url` it is the id. Numbers, true
/// and false in `meta`, `filters` and `sort` are written out; a list gives several values; `null` gives none.
///
/// # Errors
/// Of the file: [`SourceError::NotText`], [`SourceError::Gzip`], [`SourceError::TooLarge`]. Of a line:
/// [`SourceError::Json`] or [`SourceError::Field`], with the line's number.
#[cfg(feature = "files")]
pub fn parse(bytes: &[u8], file: &str) -> Result<Vec<Result<Document, SourceError>>, SourceError> {
    let text = decode::plain(bytes, file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(at, line)| record(line, file, at + 1)).collect())
}

/// Reads one record. `file` and `number`, from 1, are where messages say it is. The fields are as `parse` takes them.
///
/// # Errors
/// [`SourceError::Json`] or [`SourceError::Field`].
pub fn record(line: &str, file: &str, number: usize) -> Result<Document, SourceError> {
    let not_json = |reason: String| SourceError::Json { file: file.into(), line: number, reason };
    let value: Value = serde_json::from_str(line).map_err(|error| not_json(error.to_string()))?;
    let Value::Object(record) = value else {
        return Err(not_json(format!("found {}", kind(&value))));
    };
    let record = Record { fields: &record, file, line: number };
    let id = record.text(&["id", "_id"])?;
    let url = record.text(&["url"])?;
    let Some(id) = id.clone().or_else(|| url.clone()) else {
        return Err(record.fault("id", "is missing".into(), "a string, unique in the build"));
    };
    let text = record.text(&["text"])?.unwrap_or_default();
    let blocks = paragraphs(&text);
    let section = Section { blocks, ..Section::default() };
    Ok(Document {
        url: url.unwrap_or_else(|| id.clone()),
        id,
        title: record.text(&["title"])?.map(|title| collapsed(&title)).unwrap_or_default(),
        language: record.text(&["language", "lang"])?,
        meta: record.values("meta")?,
        filters: record.values("filters")?,
        sorts: record.values("sort")?,
        sections: if section.blocks.is_empty() { Vec::new() } else { vec![section] },
    })
}

/// One line's object, with where it is for messages.
struct Record<'a> {
    fields: &'a Map<String, Value>,
    file: &'a str,
    line: usize,
}

impl Record<'_> {
    /// The first of `names` that there is, if it is not blank. Numbers are written out: ids often are.
    fn text(&self, names: &[&str]) -> Result<Option<String>, SourceError> {
        let present = names.iter().find_map(|name| Some((name, self.fields.get(*name)?)));
        let Some((name, value)) = present else { return Ok(None) };
        match value {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.trim().to_owned())),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => Err(self.fault(name, format!("is {}", kind(other)), "a string")),
        }
    }

    /// An object of values, or of lists of them.
    fn values(&self, name: &str) -> Result<BTreeMap<String, Vec<String>>, SourceError> {
        let object = match self.fields.get(name) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(object)) => object,
            Some(other) => {
                return Err(self.fault(name, format!("is {}", kind(other)), "an object"));
            }
        };
        let mut meta = BTreeMap::new();
        for (key, value) in object {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                single => std::slice::from_ref(single),
            };
            let mut texts = Vec::with_capacity(values.len());
            for value in values {
                match value {
                    Value::Null => {}
                    Value::String(text) => texts.push(text.clone()),
                    Value::Bool(_) | Value::Number(_) => texts.push(value.to_string()),
                    Value::Array(_) | Value::Object(_) => {
                        let field = format!("{name}.{key}");
                        let expected = "a string, a number, true, false, or a list of them";
                        return Err(self.fault(&field, format!("holds {}", kind(value)), expected));
                    }
                }
            }
            if !texts.is_empty() {
                meta.insert(key.clone(), texts);
            }
        }
        Ok(meta)
    }

    fn fault(&self, field: &str, found: String, expected: &'static str) -> SourceError {
        let (file, line, field) = (self.file.to_owned(), self.line, field.to_owned());
        SourceError::Field { file, line, field, found, expected }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Runs of lines that are not blank, white space collapsed.
fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if !paragraph.is_empty() {
                blocks.push(Block::Prose(std::mem::take(&mut paragraph)));
            }
            continue;
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(&collapsed(line));
    }
    blocks
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(line: &str) -> Result<Document, SourceError> {
        let mut records = parse(line.as_bytes(), "notes.jsonl").unwrap();
        assert_eq!(records.len(), 1);
        records.remove(0)
    }

    #[test]
    fn a_record_becomes_a_document() {
        let document = only(
            r#"{"id": 7, "url": "/n/7", "title": "Oars ", "lang": "en-GB", "text": "One\nline.\n\nTwo.",
                "meta": {"tags": ["a", "b"], "year": 1984, "draft": false, "by": null},
                "filters": {"kind": "boat"}, "sort": {"weight": 3}}"#
                .replace('\n', " ")
                .as_str(),
        );
        let document = document.unwrap();
        assert_eq!((document.id.as_str(), document.url.as_str()), ("7", "/n/7"));
        assert_eq!(
            (document.title.as_str(), document.language.as_deref()),
            ("Oars", Some("en-GB"))
        );
        let blocks = &document.sections[0].blocks;
        assert_eq!(*blocks, [Block::Prose("One line.".into()), Block::Prose("Two.".into())]);
        assert_eq!(document.meta["tags"], ["a", "b"]);
        assert_eq!((&*document.meta["year"][0], &*document.meta["draft"][0]), ("1984", "false"));
        assert!(!document.meta.contains_key("by"));
        assert_eq!((&*document.filters["kind"][0], &*document.sorts["weight"][0]), ("boat", "3"));
    }

    #[test]
    fn a_beir_record_is_read_and_its_id_is_its_url() {
        let document =
            only(r#"{"_id": "d1", "title": "", "text": "Lift of a wing.", "parent": "p"}"#);
        let document = document.unwrap();
        assert_eq!((document.id.as_str(), document.url.as_str()), ("d1", "d1"));
    }

    #[test]
    fn a_broken_line_is_named_and_does_not_stop_the_rest() {
        let records =
            parse(b"{\"id\": \"a\"}\n\n{\"id\":\n[1]\n{\"id\": \"b\"}\n", "n.jsonl").unwrap();
        assert_eq!(records.len(), 4);
        assert!(matches!(&records[1], Err(SourceError::Json { line: 3, .. })));
        assert!(matches!(&records[2], Err(SourceError::Json { line: 4, .. })));
        assert_eq!(records[3].as_ref().unwrap().id, "b");
        let message = records[2].as_ref().unwrap_err().to_string();
        assert_eq!(
            message,
            "n.jsonl:4: not a JSON object (found a list); one object a line is expected"
        );
    }

    #[test]
    fn a_field_of_another_type_is_named() {
        let error = only(r#"{"id": "a", "meta": {"by": {"name": "x"}}}"#).unwrap_err();
        assert!(
            matches!(error, SourceError::Field { ref field, line: 1, .. } if field == "meta.by")
        );
        let error = only(r#"{"title": "no id"}"#).unwrap_err();
        assert!(matches!(error, SourceError::Field { ref field, .. } if field == "id"));
        let error = only(r#"{"id": "a", "text": ["x"]}"#).unwrap_err();
        assert!(matches!(error, SourceError::Field { ref field, .. } if field == "text"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, "x");
        }
    }
}
