//! Ready-made vectors in a build: whose they are, and whether they are this encoder's.

use super::table::{Naming, VectorTable};
use crate::failure::Failure;
use crate::term;
use sextant_build::{PassageEncoder, ReadyVectors};
use sextant_core::Document;
use sextant_core::head::hex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A table, with the row of each name.
#[derive(Debug)]
pub struct GivenVectors {
    table: VectorTable,
    /// By document's id, or by the digits of a text's sha256.
    rows: HashMap<String, usize>,
    by_text: bool,
}

impl GivenVectors {
    /// The vectors of `documents`.
    ///
    /// # Errors
    /// A [`Failure`] when ids cannot tell documents apart, or when rows go by order and are not as many
    /// as documents.
    pub fn new(mut table: VectorTable, documents: &[Document]) -> Result<Self, Failure> {
        let by_text = table.naming == Naming::Text;
        if !by_text {
            let mut seen: HashMap<&str, &str> = HashMap::new();
            for document in documents {
                if let Some(first) = seen.insert(&document.id, &document.url) {
                    let (id, second) = (&document.id, &document.url);
                    let what = format!("{first} and {second} have the id {id:?}");
                    return Err(Failure::new(what)
                        .hint("--vectors finds documents by their ids; build from fewer sources at once, or rename one"));
                }
            }
        }
        let names = match table.naming {
            Naming::Order if table.rows() != documents.len() => {
                let (file, rows) = (&table.file, table.rows());
                let documents = term::counted(documents.len() as u64, "document");
                let what =
                    format!("{file}: {rows} rows without ids, and the sources have {documents}");
                return Err(Failure::new(what)
                    .hint(format!("name the rows: the document's id a line, in {file}.ids.txt")));
            }
            Naming::Order => documents.iter().map(|document| document.id.clone()).collect(),
            Naming::Id | Naming::Text => std::mem::take(&mut table.names),
        };
        let rows = names.into_iter().enumerate().map(|(row, name)| (name, row)).collect();
        Ok(Self { table, rows, by_text })
    }

    /// Whether a row is a document's, which then is one passage.
    pub fn of_documents(&self) -> bool {
        !self.by_text
    }

    /// What is wrong when `missing` of `all` passages have no vector, the first of them of `document`.
    pub fn lacks(&self, missing: usize, all: usize, document: &str, passage: &str) -> Failure {
        let file = &self.table.file;
        match self.by_text {
            true => Failure::new(format!(
                "{file}: no vector for {missing} of {all} passages, the first is {passage:?} of {document}"
            ))
            .hint("passages are found by their text, and these say something else than what was exported; build and export again with the same sources and options, or leave --vectors out"),
            false => Failure::new(format!(
                "{file}: no vector for {missing} of {all} documents, the first is {document:?}"
            ))
            .hint("a row's id is the record's `id`, or the page's path below SOURCE; add the missing ones, or leave --vectors out"),
        }
    }

    /// A warning about rows that no document has asked for.
    pub fn unused(&self, documents: &[Document]) -> Option<String> {
        let unused = self.rows.len().saturating_sub(documents.len());
        let first = || {
            let known: std::collections::HashSet<&str> =
                documents.iter().map(|document| document.id.as_str()).collect();
            let left = self.rows.iter().filter(|(name, _)| !known.contains(name.as_str()));
            left.min_by_key(|(_, row)| **row)
        };
        let (name, _) = if self.by_text || unused == 0 { None } else { first() }?;
        let vectors = term::counted(unused as u64, "vector");
        Some(format!("{}: {vectors} of no document, such as {name:?}", self.table.file))
    }
}

impl ReadyVectors for GivenVectors {
    fn vector(&self, document: &str, text: &str) -> Option<&[f32]> {
        let row = match self.by_text {
            true => self.rows.get(&text_sha256(text)),
            false => self.rows.get(document),
        };
        self.table.vector(*row?)
    }
}

/// What an exported passage is found by: sha256 of the text that the encoder reads, in hexadecimal.
pub fn text_sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Checks that `table` can be `encoder`'s. `declared`: `--vectors-fingerprint`. Returns a warning where
/// nothing proves it.
///
/// # Errors
/// A [`Failure`] for another fingerprint or another length of vectors.
pub fn check_encoder(
    table: &VectorTable,
    declared: Option<&str>,
    encoder: &dyn PassageEncoder,
) -> Result<Option<String>, Failure> {
    let (file, name, own) = (&table.file, encoder.name(), encoder.fingerprint());
    if let (Some(inside), Some(declared)) = (table.fingerprint.as_deref(), declared)
        && inside != declared
    {
        let what = format!(
            "{file}: made by encoder {inside}, it says, and --vectors-fingerprint says {declared}"
        );
        return Err(Failure::new(what)
            .hint("one of the two is wrong; leave --vectors-fingerprint out to trust the file"));
    }
    let made_by = declared.or(table.fingerprint.as_deref());
    if let Some(made_by) = made_by.filter(|made_by| *made_by != own) {
        let what = format!("{file}: made by encoder {made_by}, but the build's is {own} ({name})");
        return Err(Failure::new(what).hint(
            "name the encoder that made them with --encoder FILE: it answers the questions, and angles between vectors of two encoders mean nothing",
        ));
    }
    let (found, expected) = (table.dimensions, encoder.dimensions());
    if found != expected {
        let what = format!(
            "{file}: vectors of {found} dimensions, but those of the encoder {name} have {expected}"
        );
        return Err(Failure::new(what).hint(
            "name the encoder that made them with --encoder FILE (`sextant model import` makes one): without it no question can be turned into a vector",
        ));
    }
    Ok(made_by.is_none().then(|| {
        format!("{file}: nothing says which encoder made these vectors; they are taken for those of {name} (--vectors-fingerprint {own} says so)")
    }))
}
