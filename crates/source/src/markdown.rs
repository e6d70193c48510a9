//! Markdown files, as they are written for site generators: front matter, headings, tables, HTML and
//! MDX in between.
//!
//! A file is rendered (`pulldown-cmark`) and read as HTML, so that raw HTML in it, definition lists and
//! tables are understood in one place.

mod dialects;
mod front_matter;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use sextant_core::Document;

use crate::{
    SourceError, decode,
    html::{HtmlReader, Outcome},
    path as paths,
};
use front_matter::FrontMatter;

/// How Markdown is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// Whether `guide/install.md` has the URL `/guide/install/`, as most site generators write it;
    /// else `/guide/install.html`. Default: true. `index`, `_index` and `README` have the URL of their
    /// directory either way, and front matter (`url`, `permalink`, `slug`) goes before both.
    pub clean_urls: bool,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { clean_urls: true }
    }
}

/// Reads one Markdown or MDX file.
///
/// `path`: relative to the source's root; it becomes the document's id and, without front matter that
/// says otherwise, its URL. The title is that of the front matter, else the first heading of level 1,
/// else made of the path. Headings without an id get the one that GitHub gives them.
///
/// `None`: a draft (`draft: true`, `noindex: true`), or neither text nor title.
///
/// # Errors
/// [`SourceError::FrontMatter`], [`SourceError::NotText`], [`SourceError::Gzip`] or
/// [`SourceError::TooLarge`].
pub fn parse(
    bytes: &[u8],
    path: &str,
    options: &MarkdownOptions,
) -> Result<Option<Document>, SourceError> {
    let path = paths::normal(path);
    let text = decode::plain(bytes, &path)?;
    let (front_matter, body) = FrontMatter::split(&text, &path)?;
    if front_matter.hidden {
        return Ok(None);
    }
    let url = front_matter.url(&path, options.clean_urls);
    let html = render(&dialects::to_plain(body));
    let page = HtmlReader::default().read_text(&html, path.clone(), url.clone());
    let mut document = match page.outcome {
        Outcome::Document(document) => document,
        Outcome::Skipped(_) if front_matter.title.is_some() => {
            Document { id: path, url, ..Document::default() }
        }
        Outcome::Skipped(_) => return Ok(None),
    };
    // A file has no `<title>`: where no heading names the page, its path does so better than a
    // heading inside of it.
    let headed = document.sections.iter().any(|section| section.level == 1);
    document.title = match front_matter.title {
        Some(title) => title,
        None if headed => document.title,
        None => paths::title(&document.id),
    };
    document.language = front_matter.language;
    document.meta.extend(front_matter.meta);
    Ok(Some(document))
}

/// A whole HTML page, with an id on every heading.
fn render(markdown: &str) -> String {
    let extensions = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST;
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, extensions).collect();
    let slugs = slugs(&events);
    for (at, slug) in slugs {
        if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
            *id = Some(CowStr::from(slug));
        }
    }
    let mut html = String::with_capacity(markdown.len() * 3 / 2);
    html.push_str("<!doctype html><main>");
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    html
}

/// For each heading without an id the place of its start and the id that GitHub makes: letters and
/// digits in lower case, `-` for spaces, `-1`, `-2` after one that was there before.
fn slugs(events: &[Event<'_>]) -> Vec<(usize, String)> {
    let mut slugs = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        let Event::Start(Tag::Heading { id, .. }) = event else { continue };
        if let Some(id) = id {
            seen.insert(id.to_string(), 0);
            continue;
        }
        let mut slug = String::new();
        let inside = events.iter().skip(at + 1);
        for event in inside.take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_)))) {
            if let Event::Text(text) | Event::Code(text) = event {
                slug.extend(text.chars().flat_map(char::to_lowercase).filter_map(slug_char));
            }
        }
        let base = slug.trim_matches(' ').replace(' ', "-");
        let mut slug = base.clone();
        while seen.contains_key(&slug) {
            let count = seen.entry(base.clone()).or_insert(0);
            *count += 1;
            slug = format!("{base}-{count}");
        }
        seen.insert(slug.clone(), 0);
        if !slug.is_empty() {
            slugs.push((at, slug));
        }
    }
    slugs
}

fn slug_char(char: char) -> Option<char> {
    let kept = char.is_alphanumeric() || matches!(char, '-' | '_' | ' ');
    kept.then_some(char)
}
