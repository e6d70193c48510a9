//! What a page says about itself: language, title, description, and whether to leave it out.

use scraper::{ElementRef, Html};
use sextant_core::Section;

use super::{Skip, dom};

/// What stands between a page's title and its site's name.
const SEPARATORS: [char; 10] = ['-', '–', '—', '|', '·', '•', ':', '»', '«', '/'];

/// Facts of one page.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// `<html lang>`.
    pub(super) language: Option<String>,
    /// `<meta name="description">`, else `og:description`.
    pub(super) description: Option<String>,
    /// Why the page wants to be left out, if so.
    pub(super) skip: Option<Skip>,
    /// `<title>`, white space collapsed.
    head_title: Option<String>,
    /// What may be the site's name: `og:site_name`, and every `h1`, since many sites have theirs in one.
    site_names: Vec<String>,
}

impl Facts {
    /// Reads `<html>` and what describes the page, wherever it stands: malformed pages have it in the
    /// body.
    pub(super) fn of(html: &Html) -> Self {
        let root = html.root_element();
        let language = dom::filled(root, "lang").or_else(|| dom::filled(root, "xml:lang"));
        let mut facts = Self { language: language.map(Into::into), ..Self::default() };
        let mut open_graph = None;
        for element in root.descendent_elements() {
            match dom::name(element) {
                "title" if facts.head_title.is_none() && is_page_title(element) => {
                    facts.head_title = Some(dom::text(element)).filter(|title| !title.is_empty());
                }
                "meta" => facts.meta(element, &mut open_graph),
                "h1" => facts.site_names.push(dom::text(element)),
                _ => {}
            }
        }
        facts.description = facts.description.or(open_graph);
        facts
    }

    fn meta(&mut self, element: ElementRef<'_>, open_graph: &mut Option<String>) {
        let content = element.attr("content").unwrap_or_default();
        let name = element.attr("name").or_else(|| element.attr("property")).unwrap_or_default();
        let value = || {
            let mut line = dom::Line::default();
            line.push(content);
            Some(line.take()).filter(|text| !text.is_empty())
        };
        match name.to_ascii_lowercase().as_str() {
            "description" if self.description.is_none() => self.description = value(),
            "og:site_name" => self.site_names.extend(value()),
            "og:description" if open_graph.is_none() => *open_graph = value(),
            "robots" => {
                let content = content.to_ascii_lowercase();
                if content.split(',').any(|word| matches!(word.trim(), "noindex" | "none")) {
                    self.skip = Some(Skip::NoIndex);
                }
            }
            _ => {}
        }
        let refresh = element.attr("http-equiv").is_some_and(|v| v.eq_ignore_ascii_case("refresh"));
        // Without a URL a page reloads itself: that is no redirect.
        if refresh && content.to_ascii_lowercase().contains("url") && self.skip.is_none() {
            self.skip = Some(Skip::Redirect);
        }
    }

    /// Whether `heading` is what `<title>` starts with, so that it names the page and not the site.
    /// Without a `<title>` any heading may.
    pub(super) fn names_page(&self, heading: &str) -> bool {
        self.head_title.as_deref().is_none_or(|title| title.starts_with(heading))
    }

    /// The page's title: the first `h1`; else `<title>`, without the site's name where a heading shows
    /// or the page elsewhere shows which part that is; else the first heading.
    pub(super) fn title(&self, sections: &[Section]) -> Option<String> {
        let mut headings = sections.iter().filter(|section| !section.heading.is_empty());
        if let Some(h1) = headings.clone().find(|section| section.level == 1) {
            return Some(h1.heading.clone());
        }
        let Some(title) = &self.head_title else {
            return headings.next().map(|section| section.heading.clone());
        };
        if let Some(section) = headings.find(|section| is_title_of(&section.heading, title)) {
            return Some(section.heading.clone());
        }
        let mut shorter = self.site_names.iter().filter_map(|name| without(title, name));
        Some(shorter.next().unwrap_or(title).to_owned())
    }
}

/// `title` without `site_name` and the separator before it.
fn without<'t>(title: &'t str, site_name: &str) -> Option<&'t str> {
    let rest = title.strip_suffix(site_name).filter(|_| !site_name.is_empty())?.trim_end();
    let rest = rest.strip_suffix(SEPARATORS)?.trim_end();
    (!rest.is_empty()).then_some(rest)
}

/// `<title>` of the page and not of a drawing in it.
fn is_page_title(element: ElementRef<'_>) -> bool {
    !dom::has_ancestor(element, |ancestor| dom::name(ancestor) == "svg")
}

/// Whether `title` is `heading`, a separator, and a site's name; or the other way about.
fn is_title_of(heading: &str, title: &str) -> bool {
    let after = title.strip_prefix(heading).map(str::trim_start);
    let before = title.strip_suffix(heading).map(str::trim_end);
    title == heading
        || after.is_some_and(|rest| rest.starts_with(SEPARATORS))
        || before.is_some_and(|rest| rest.ends_with(SEPARATORS))
}
