//! Files into documents, on all cores, one broken file at a time.

use crate::sources::find::{Files, Format, Input};
use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;
use sextant_core::Document;
use sextant_source::html::{self, HtmlOptions, HtmlReader, Outcome, Page};
use sextant_source::jsonl;
use sextant_source::markdown::{self, MarkdownOptions};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Files that are read before progress is told.
const GROUP: usize = 64;

/// How files are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// How HTML is read.
    pub html: HtmlOptions,
    /// How Markdown is read.
    pub markdown: MarkdownOptions,
    /// In front of every URL that starts with `/`.
    pub base_url: Option<String>,
}

/// A file, or a line of one, and what is the matter with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Relative to its source.
    pub file: String,
    /// In words.
    pub reason: String,
}

/// What did not become a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Pages that could not be read.
    pub broken: Vec<Problem>,
    /// Pages that want to be left out, or have nothing to index.
    pub skipped: Vec<Problem>,
    /// What is odd, but left nothing out.
    pub notes: Vec<String>,
}

impl Trouble {
    /// `: 3 redirects elsewhere, 1 robots noindex`, most frequent first; empty where nothing was left out.
    pub fn reasons(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for problem in &self.skipped {
            *counts.entry(problem.reason.as_str()).or_default() += 1;
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let parts: Vec<String> =
            counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Documents {
    /// In the order of sources and of files in them.
    pub documents: Vec<Document>,
    /// The rest.
    pub trouble: Trouble,
}

/// What one file gave.
enum Read {
    Page(Box<Page>),
    Markdown(Option<Box<Document>>),
    Records(Vec<Result<Document, String>>),
    Broken(String),
}

/// Reads all files of all sources. `step` hears how many more are done.
///
/// # Errors
/// Selectors that are none. A file that cannot be read is in [`Trouble::broken`] instead.
pub fn read(
    sources: Vec<Files>,
    reading: &Reading,
    step: &mut dyn FnMut(u64),
) -> Result<Documents> {
    let reader = HtmlReader::new(&reading.html)?;
    let mut found = Documents::default();
    for files in sources {
        let unreadable = files.unreadable.into_iter();
        found.trouble.broken.extend(unreadable.map(|(file, reason)| Problem { file, reason }));
        if files.markdown_left_out > 0 {
            found.trouble.notes.push(format!(
                "{} Markdown files lie beside the HTML and were left out; --glob '**/*.{{html,md}}' reads them too",
                files.markdown_left_out
            ));
        }
        let mut reads = Vec::with_capacity(files.inputs.len());
        for group in files.inputs.chunks(GROUP) {
            reads.par_extend(group.par_iter().map(|input| read_one(input, &reader, reading)));
            step(group.len() as u64);
        }
        // A site's pages decide together whether a marked region is needed.
        let pages = reads.iter_mut().filter_map(|read| match read {
            Read::Page(page) => Some(&mut **page),
            _ => None,
        });
        html::keep_marked_pages(pages);
        for (input, read) in files.inputs.iter().zip(reads) {
            found.add(&input.name, read);
        }
    }
    if let Some(base) = &reading.base_url {
        found.documents.iter_mut().for_each(|document| rebase(document, base));
    }
    found.drop_repeated_urls();
    Ok(found)
}

fn read_one(input: &Input, reader: &HtmlReader, reading: &Reading) -> Read {
    let bytes = match std::fs::read(&input.path) {
        Ok(bytes) => bytes,
        Err(error) => return Read::Broken(error.to_string()),
    };
    // A fault in a parser is one page's misfortune.
    let parsed = catch_unwind(AssertUnwindSafe(|| match input.format {
        Format::Html => reader.read(&bytes, &input.name).map(|page| Read::Page(Box::new(page))),
        Format::Markdown => markdown::parse(&bytes, &input.name, &reading.markdown)
            .map(|document| Read::Markdown(document.map(Box::new))),
        Format::JsonLines => jsonl::parse(&bytes, &input.name).map(|records| {
            let records = records.into_iter();
            Read::Records(records.map(|record| record.map_err(|e| e.to_string())).collect())
        }),
    }));
    match parsed {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => Read::Broken(error.to_string()),
        Err(_) => Read::Broken("the parser failed on it; please report this page".to_owned()),
    }
}

impl Documents {
    fn add(&mut self, name: &str, read: Read) {
        let problem = |reason: &str| Problem {
            file: name.to_owned(),
            // Messages of a source start with the file's name.
            reason: reason
                .strip_prefix(name)
                .map_or(reason, |rest| rest.trim_start_matches(": "))
                .to_owned(),
        };
        match read {
            Read::Broken(reason) => self.trouble.broken.push(problem(&reason)),
            Read::Page(page) => {
                for value in &page.unknown_ignore_values {
                    let note = format!(
                        "{name}: data-sextant-ignore={value:?} is not known and counts as bare"
                    );
                    self.trouble.notes.push(note);
                }
                match page.outcome {
                    Outcome::Document(document) => self.documents.push(document),
                    Outcome::Skipped(skip) => self.trouble.skipped.push(problem(skip.reason())),
                }
            }
            Read::Markdown(Some(document)) => self.documents.push(*document),
            Read::Markdown(None) => self.trouble.skipped.push(problem("draft, or no text")),
            Read::Records(records) => {
                for record in records {
                    match record {
                        Ok(document) if document.is_empty() => {
                            let file = format!("{name} {}", document.id);
                            self.trouble
                                .skipped
                                .push(Problem { file, reason: "no text".to_owned() });
                        }
                        Ok(document) => self.documents.push(document),
                        Err(reason) => self.trouble.broken.push(problem(&reason)),
                    }
                }
            }
        }
    }

    /// Two pages of one URL would be one result too many: the first is kept.
    fn drop_repeated_urls(&mut self) {
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut broken = Vec::new();
        self.documents.retain(|document| match seen.get(&document.url) {
            Some(first) => {
                let reason = format!(
                    "has the URL of {first}, {}; give it another one or leave it out",
                    document.url
                );
                broken.push(Problem { file: document.id.clone(), reason });
                false
            }
            None => {
                seen.insert(document.url.clone(), document.id.clone());
                true
            }
        });
        self.trouble.broken.append(&mut broken);
    }
}

/// Puts `base` in front of a URL that is relative to the site's root.
fn rebase(document: &mut Document, base: &str) {
    if document.url.starts_with('/') && !document.url.starts_with("//") {
        document.url.insert_str(0, base.trim_end_matches('/'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Globs, find};
    use std::fs;
    use std::path::Path;

    fn read_tree(files: &[(&str, &str)], reading: &Reading) -> Documents {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let globs = Globs::new(&["*".to_owned()]).unwrap();
        let found = find(directory.path(), &globs, Path::new("out")).unwrap();
        read(vec![found], reading, &mut |_| {}).unwrap()
    }

    #[test]
    fn a_broken_file_is_named_and_the_others_are_read() {
        let found = read_tree(
            &[
                ("a.html", "<h1>A</h1><p>Text of a."),
                ("b.html", "\u{1f}\u{8b}"),
                ("c.md", "---\n: : [\n---\n# C"),
                ("d.html", "<meta http-equiv=refresh content='0;url=a.html'>"),
                ("e.jsonl", "{\"id\": \"r\", \"text\": \"Text of r.\"}\n{\"id\"\n"),
            ],
            &Reading::default(),
        );
        let ids: Vec<&str> = found.documents.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(ids, ["a.html", "r"]);
        let broken: Vec<&str> =
            found.trouble.broken.iter().map(|problem| problem.file.as_str()).collect();
        assert!(broken.contains(&"c.md") && broken.contains(&"e.jsonl"), "{broken:?}");
        let skipped: Vec<&str> =
            found.trouble.skipped.iter().map(|problem| problem.file.as_str()).collect();
        assert!(skipped.contains(&"d.html"), "{skipped:?}");
    }

    #[test]
    fn a_base_url_goes_in_front_and_absolute_urls_stay() {
        let records = "{\"id\": \"a\", \"url\": \"/a\", \"text\": \"x\"}\n{\"id\": \"b\", \"url\": \"https://h/b\", \"text\": \"y\"}";
        let reading = Reading { base_url: Some("/docs/".to_owned()), ..Reading::default() };
        let found = read_tree(&[("r.jsonl", records)], &reading);
        let urls: Vec<&str> =
            found.documents.iter().map(|document| document.url.as_str()).collect();
        assert_eq!(urls, ["/docs/a", "https://h/b"]);
    }

    #[test]
    fn a_second_page_of_a_url_is_reported() {
        let records = "{\"id\": \"a\", \"url\": \"/x\", \"text\": \"x\"}\n{\"id\": \"b\", \"url\": \"/x\", \"text\": \"y\"}";
        let found = read_tree(&[("r.jsonl", records)], &Reading::default());
        assert_eq!(found.documents.len(), 1);
        assert!(found.trouble.broken[0].reason.contains("URL of a"));
    }
}
