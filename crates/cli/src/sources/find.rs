//! Which files of a source are read, and as what.

use crate::failure::{Failure, USAGE};
use anyhow::{Context, Result};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A page as a site generator leaves it.
    Html,
    /// A page as an author wrote it.
    Markdown,
    /// A record a line.
    JsonLines,
}

impl Format {
    fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "md" | "mdx" | "markdown" => Some(Self::Markdown),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// By the first character that is not white space.
    fn of_content(path: &Path) -> Result<Self> {
        let mut start = [0u8; 4096];
        let read = File::open(path).and_then(|mut file| file.read(&mut start));
        let read = read.with_context(|| path.display().to_string())?;
        let start = start.get(..read).unwrap_or_default();
        Ok(match start.trim_ascii_start().first() {
            Some(b'{') => Self::JsonLines,
            Some(b'<') => Self::Html,
            _ => Self::Markdown,
        })
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it lies.
    pub path: PathBuf,
    /// Relative to its source's root, with `/`.
    pub name: String,
    /// How to read it.
    pub format: Format,
}

/// What one source has.
#[derive(Debug, Default)]
pub struct Files {
    /// Files to read, by name.
    pub inputs: Vec<Input>,
    /// Markdown files that were left out because the directory is a site of HTML.
    pub markdown_left_out: usize,
    /// Directories and links that could not be followed, with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// The patterns of `--glob`.
#[derive(Debug, Default)]
pub struct Globs {
    wanted: Option<GlobSet>,
    unwanted: GlobSet,
}

impl Globs {
    /// Compiles patterns; one that starts with `!` leaves out. A pattern without `/` is about names in
    /// any directory.
    ///
    /// # Errors
    /// A [`Failure`] that names the pattern.
    pub fn new(patterns: &[String]) -> Result<Self> {
        let (mut wanted, mut unwanted) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut any = false;
        for pattern in patterns {
            let (set, text) = match pattern.strip_prefix('!') {
                Some(text) => (&mut unwanted, text),
                None => {
                    any = true;
                    (&mut wanted, pattern.as_str())
                }
            };
            let text = text.strip_prefix("./").or(text.strip_prefix('/')).unwrap_or(text);
            let anywhere = if text.contains('/') { text.to_owned() } else { format!("**/{text}") };
            let glob = GlobBuilder::new(&anywhere).literal_separator(true).build();
            set.add(glob.map_err(|error| {
                Failure::new(format!("--glob {pattern:?}: {}", error.kind())).code(USAGE)
            })?);
        }
        let wanted = wanted.build().context("--glob")?;
        let unwanted = unwanted.build().context("--glob")?;
        Ok(Self { wanted: any.then_some(wanted), unwanted })
    }

    /// Whether the patterns name files to read, and not only files to leave out.
    fn name_files(&self) -> bool {
        self.wanted.is_some()
    }

    fn take(&self, name: &str) -> bool {
        self.wanted.as_ref().is_none_or(|set| set.is_match(name)) && !self.unwanted.is_match(name)
    }
}

/// Finds the files of `source`: itself if it is a file, else what lies under it. `output` and hidden
/// directories and `node_modules` are left out.
///
/// A directory that has HTML is a site: Markdown in it is left out (generators copy their sources)
/// unless `globs` name it. JSON Lines files are read where they are named.
///
/// # Errors
/// A [`Failure`] when `source` does not exist.
pub fn find(source: &Path, globs: &Globs, output: &Path) -> Result<Files> {
    let metadata = std::fs::metadata(source).map_err(|error| {
        Failure::new(format!("{}: {error}", source.display()))
            .hint("give a directory of HTML or Markdown, or a JSON Lines file")
    })?;
    if metadata.is_file() {
        let format = Format::of_name(source).map_or_else(|| Format::of_content(source), Ok)?;
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let inputs = vec![Input { path: source.to_path_buf(), name, format }];
        return Ok(Files { inputs, ..Files::default() });
    }
    let mut files = walk(source, globs, output);
    let is_site = files.inputs.iter().any(|input| input.format == Format::Html);
    if is_site && !globs.name_files() {
        let before = files.inputs.len();
        files.inputs.retain(|input| input.format != Format::Markdown);
        files.markdown_left_out = before - files.inputs.len();
    }
    files.inputs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn walk(source: &Path, globs: &Globs, output: &Path) -> Files {
    let output = output.canonicalize().ok();
    let is_output = |entry: &DirEntry| {
        entry.file_type().is_dir() && output.is_some() && entry.path().canonicalize().ok() == output
    };
    let enter = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || name == "node_modules" || is_output(entry))
    };
    let mut files = Files::default();
    for entry in WalkDir::new(source).follow_links(true).into_iter().filter_entry(enter) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(source);
                // A link into nowhere matters only where a page was to be read.
                if Format::of_name(path).is_some()
                    || error.loop_ancestor().is_none() && path.is_dir()
                {
                    files.unreadable.push((name_in(source, path), reason(&error)));
                }
                continue;
            }
        };
        let name = name_in(source, entry.path());
        let format = Format::of_name(entry.path());
        if !entry.file_type().is_file() || !globs.take(&name) {
            continue;
        }
        match format {
            Some(Format::JsonLines) | None if !globs.name_files() => {}
            Some(format) => {
                files.inputs.push(Input { path: entry.into_path(), name, format });
            }
            // Named by a pattern, with an ending that says nothing.
            None => match Format::of_content(entry.path()) {
                Ok(format) => files.inputs.push(Input { path: entry.into_path(), name, format }),
                Err(error) => files.unreadable.push((name, format!("{:#}", error))),
            },
        }
    }
    files
}

fn reason(error: &walkdir::Error) -> String {
    error
        .io_error()
        .map_or_else(|| "a link that leads back to itself".to_owned(), ToString::to_string)
}

/// `path` relative to `root`, with `/` on every system.
fn name_in(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts = relative.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "<p>x").unwrap();
        }
        directory
    }

    fn found(directory: &Path, globs: &[&str]) -> Vec<String> {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        let files =
            find(directory, &Globs::new(&globs).unwrap(), &directory.join("sextant")).unwrap();
        files.inputs.into_iter().map(|input| input.name).collect()
    }

    #[test]
    fn pages_are_found_in_order_and_the_bundle_is_no_page() {
        let tree = tree(&[
            "b.html",
            "a/index.html",
            "sextant/x.html",
            ".git/x.html",
            "node_modules/x.html",
            "a.css",
        ]);
        assert_eq!(found(tree.path(), &[]), ["a/index.html", "b.html"]);
    }

    #[test]
    fn markdown_beside_html_is_left_out_unless_it_is_asked_for() {
        let mixed = tree(&["a.html", "a.md"]);
        assert_eq!(found(mixed.path(), &[]), ["a.html"]);
        assert_eq!(found(mixed.path(), &["*.{html,md}"]), ["a.html", "a.md"]);
        let alone = tree(&["a.md", "b/c.mdx"]);
        assert_eq!(found(alone.path(), &[]), ["a.md", "b/c.mdx"]);
    }

    #[test]
    fn a_pattern_leaves_out_or_selects_by_path_and_by_name() {
        let tree = tree(&["a.html", "404.html", "tags/a.html", "tags/b/404.html", "page.txt"]);
        assert_eq!(found(tree.path(), &["!tags/**"]), ["404.html", "a.html"]);
        assert_eq!(found(tree.path(), &["!404.html"]), ["a.html", "tags/a.html"]);
        assert_eq!(found(tree.path(), &["tags/*.html"]), ["tags/a.html"]);
        assert_eq!(found(tree.path(), &["*.txt"]), ["page.txt"], "read by its content");
        assert!(Globs::new(&["a[".to_owned()]).is_err());
    }

    #[test]
    fn a_file_is_taken_for_what_it_is_named_or_looks_like() {
        let tree = tree(&["x.jsonl", "page"]);
        let format = |name: &str| {
            let path = tree.path().join(name);
            find(&path, &Globs::default(), Path::new("out")).unwrap().inputs[0].format
        };
        assert_eq!(format("x.jsonl"), Format::JsonLines);
        assert_eq!(format("page"), Format::Html);
        assert!(find(&tree.path().join("nothing"), &Globs::default(), Path::new("out")).is_err());
    }
}
