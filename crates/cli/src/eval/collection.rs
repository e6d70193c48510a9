//! A labelled collection in the BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`.

use crate::eval::measures::Gains;
use crate::failure::Failure;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sextant_core::{Block, Document, Section};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A document of a collection.
#[derive(Debug)]
pub struct Entry {
    /// What the judgements name: the document, or the page that it is a part of.
    pub target: String,
    /// Only queries with the same filter, or with none, may find it.
    pub filter: Option<String>,
    /// What is indexed.
    pub document: Document,
}

/// A query with its judgements.
#[derive(Debug)]
pub struct Question {
    /// As it is asked.
    pub text: String,
    /// Only documents with the same filter count.
    pub filter: Option<String>,
    /// What is relevant.
    pub gains: Gains,
}

/// A whole collection.
#[derive(Debug)]
pub struct Collection {
    /// Documents with text, in the order of the file.
    pub entries: Vec<Entry>,
    /// Queries that have at least one relevant document.
    pub questions: Vec<Question>,
}

#[derive(Deserialize)]
struct CorpusLine {
    #[serde(rename = "_id")]
    id: Id,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    parent: Option<Id>,
    filter: Option<Id>,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: Id,
    text: String,
    filter: Option<Id>,
}

/// Some collections number their documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}

impl Collection {
    /// Reads the collection in `directory`.
    ///
    /// # Errors
    /// A file that is missing, or a line that is not as the layout says, by number.
    pub fn read(directory: &Path) -> Result<Self> {
        let corpus: Vec<CorpusLine> = json_lines(&directory.join("corpus.jsonl"))?;
        let queries: Vec<QueryLine> = json_lines(&directory.join("queries.jsonl"))?;
        let mut judgements = read_judgements(&directory.join("qrels.tsv"))?;
        let names_parents = names_parents(&corpus, &judgements);
        let entries = corpus.into_iter().map(|line| entry(line, names_parents));
        let entries = entries.filter(|entry| !entry.document.is_empty()).collect();
        let questions = queries.into_iter().filter_map(|line| {
            let gains = judgements.remove(&String::from(line.id))?;
            let filter = line.filter.map(Into::into);
            gains.values().any(|gain| *gain > 0.0).then_some(Question {
                text: line.text,
                filter,
                gains,
            })
        });
        let collection = Self { entries, questions: questions.collect() };
        if collection.questions.is_empty() || collection.entries.is_empty() {
            let what =
                format!("{}: no document, or no query with a judgement", directory.display());
            return Err(Failure::new(what).into());
        }
        Ok(collection)
    }
}

/// Whether the judgements name the pages that documents are parts of.
fn names_parents(corpus: &[CorpusLine], judgements: &BTreeMap<String, Gains>) -> bool {
    let name = |id: &Id| match id {
        Id::Text(text) => text.clone(),
        Id::Number(number) => number.to_string(),
    };
    let judged: BTreeSet<&str> =
        judgements.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    let parts =
        corpus.iter().filter_map(|line| Some((name(&line.id), name(line.parent.as_ref()?))));
    let (mut own, mut parents) = (0usize, 0usize);
    for (id, parent) in parts {
        own += usize::from(judged.contains(id.as_str()));
        parents += usize::from(judged.contains(parent.as_str()));
    }
    parents > own
}

fn entry(line: CorpusLine, names_parents: bool) -> Entry {
    let id = String::from(line.id);
    let target = match line.parent {
        Some(parent) if names_parents => parent.into(),
        _ => id.clone(),
    };
    // Blank lines end paragraphs; the whole text is put together again where it is judged whole.
    let paragraphs = line.text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    let blocks = paragraphs.map(|text| Block::Prose(text.to_owned())).collect();
    let sections = vec![Section { blocks, ..Section::default() }];
    let title = line.title.trim().to_owned();
    let document = Document { url: target.clone(), id, title, sections, ..Document::default() };
    Entry { target, filter: line.filter.map(Into::into), document }
}

/// Query, document or parent, gain; the first line is a header.
fn read_judgements(path: &Path) -> Result<BTreeMap<String, Gains>> {
    let text = read_text(path)?;
    let mut judgements: BTreeMap<String, Gains> = BTreeMap::new();
    for (number, line) in
        (1..).zip(text.lines()).skip(1).filter(|(_, line)| !line.trim().is_empty())
    {
        let cells: Vec<&str> = line.split('\t').collect();
        let parsed = match cells.as_slice() {
            [query, document, gain] => {
                gain.trim().parse::<f64>().ok().map(|gain| (query, document, gain))
            }
            _ => None,
        };
        let Some((query, document, gain)) = parsed else {
            let what = format!("{}:{number}: not `query<tab>document<tab>gain`", path.display());
            return Err(Failure::new(what).into());
        };
        judgements.entry((*query).to_owned()).or_default().insert((*document).to_owned(), gain);
    }
    Ok(judgements)
}

/// Reads one JSON value a line.
///
/// # Errors
/// The file, or the line by its number.
pub fn json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = read_text(path)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(number, line)| {
        serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))
    });
    parsed.collect()
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("{}: {error}", path.display()))
            .hint("a collection is a directory with corpus.jsonl, queries.jsonl and qrels.tsv")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(corpus: &str, queries: &str, qrels: &str) -> Result<Collection> {
        let directory = tempfile::tempdir()?;
        for (name, text) in
            [("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels.tsv", qrels)]
        {
            fs::write(directory.path().join(name), text)?;
        }
        Collection::read(directory.path())
    }

    const CORPUS: &str = r#"{"_id": "p#0", "title": "T", "text": "one\n\ntwo", "parent": "p", "filter": "a"}
{"_id": "p#1", "title": "", "text": "three", "parent": "p"}
{"_id": 7, "title": "", "text": " "}"#;
    const QUERIES: &str = r#"{"_id": "1", "text": "q", "filter": "a"}
{"_id": "2", "text": "nothing judged"}"#;

    #[test]
    fn parts_stand_for_their_parent_where_the_judgements_name_it() {
        let found = collection(CORPUS, QUERIES, "h\th\th\n1\tp\t2\n").unwrap();
        let targets: Vec<&str> = found.entries.iter().map(|entry| entry.target.as_str()).collect();
        assert_eq!(targets, ["p", "p"], "and a document without text is left out");
        assert_eq!(found.questions.len(), 1);
        assert_eq!(found.questions[0].filter.as_deref(), Some("a"));
        let found = collection(CORPUS, QUERIES, "h\th\th\n1\tp#1\t2\n").unwrap();
        assert_eq!(found.entries[0].target, "p#0");
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = collection(CORPUS, QUERIES, "h\th\th\n1 p 2\n").unwrap_err();
        assert!(error.to_string().contains("qrels.tsv:2"), "{error}");
        let error = collection("{}", QUERIES, "h\n").unwrap_err();
        assert!(error.to_string().contains("corpus.jsonl:1"), "{error}");
    }
}
