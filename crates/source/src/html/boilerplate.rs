//! What in a page is no content: elements that never are, what is hidden, and furniture (navigation,
//! breadcrumbs, share buttons) told by role, by widely used class words, and by how much of it is links.
//!
//! The rules are about what elements mean, not about one site generator; a class word decides alone
//! only where it names nothing else.

use std::collections::HashMap;

use scraper::ElementRef;

use super::dom::{self, Visitor};

/// Part of the text of a box named like navigation that must be links for it to be navigation.
/// Tables of contents have 0.9 and more, boxes of prose with links in them below 0.3.
const LINK_DENSITY: f32 = 0.5;
/// Part of the text of a list that must be links for it to be an index of pages. Lists that say
/// something about each link have 0.5 and less.
const INDEX_DENSITY: f32 = 0.95;
/// Links that an index of pages has at least; a shorter list may be what its text is about.
const INDEX_LINKS: usize = 6;
/// Nodes looked at before a box is taken for content: no navigation is that large.
const LINK_DENSITY_NODES: usize = 20_000;

/// Roles of things that surround content.
const FURNITURE_ROLES: [&str; 14] = [
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "menu",
    "menubar",
    "toolbar",
    "tablist",
    "dialog",
    "alertdialog",
    "tooltip",
    "listbox",
    "combobox",
    "doc-toc",
];

/// Runs of class words that name furniture and nothing else.
const FURNITURE_WORDS: [&[&str]; 43] = [
    &["breadcrumb"],
    &["breadcrumbs"],
    &["skip", "link"],
    &["skip", "nav"],
    &["skip", "to"],
    &["skiplink"],
    &["sr", "only"],
    &["visually", "hidden"],
    &["visuallyhidden"],
    &["screen", "reader", "text"],
    &["edit", "this", "page"],
    &["edit", "page"],
    &["edit", "link"],
    &["edit", "on", "github"],
    &["editsection"],
    &["pagination"],
    &["prev", "next"],
    &["page", "nav"],
    &["post", "navigation"],
    &["nav", "links"],
    &["cookie", "banner"],
    &["cookie", "consent"],
    &["cookie", "notice"],
    &["cookie", "bar"],
    &["gdpr"],
    &["newsletter"],
    &["share", "buttons"],
    &["share", "links"],
    &["social", "links"],
    &["table", "of", "contents"],
    &["tableofcontents"],
    &["on", "this", "page"],
    &["last", "updated"],
    &["last", "modified"],
    &["copy", "button"],
    &["copy", "btn"],
    &["copybtn"],
    &["copybutton"],
    &["btn", "copy"],
    &["btn", "clipboard"],
    &["site", "footer"],
    &["page", "footer"],
    &["cookieconsent"],
];

/// Class words of boxes that are furniture if they are mostly links.
const LINK_BOX_WORDS: [&str; 22] = [
    "toc",
    "nav",
    "navigation",
    "menu",
    "submenu",
    "sidebar",
    "sidenav",
    "links",
    "related",
    "contents",
    "tags",
    "categories",
    "share",
    "social",
    "header",
    "footer",
    "topbar",
    "navbar",
    "pager",
    "languages",
    "versions",
    "switcher",
];

/// Class words of what stands beside the lines of a listing, or is not shown in it.
const LISTING_WORDS: [&[&str]; 9] = [
    &["linenos"],
    &["lineno"],
    &["linenumber"],
    &["linenumbers"],
    &["line", "number"],
    &["line", "numbers"],
    &["ln", "numbers"],
    &["gutter"],
    &["boring"],
];
/// Class names, whole, of line numbers.
const LISTING_NAMES: [&str; 3] = ["ln", "lnt", "lnum"];

/// Elements whose text is never content. (`form`, `header` and `button` depend: see [`Classes::is_furniture`] and the reader.)
pub(super) fn is_never_text(element: ElementRef<'_>) -> bool {
    matches!(
        dom::name(element),
        "annotation"
            | "audio"
            | "canvas"
            | "clipboard-copy"
            | "datalist"
            | "dialog"
            | "embed"
            | "head"
            | "iframe"
            | "input"
            | "label"
            | "link"
            | "meta"
            | "meter"
            | "nav"
            | "noscript"
            | "object"
            | "progress"
            | "rp"
            | "rt"
            | "script"
            | "select"
            | "style"
            | "svg"
            | "template"
            | "textarea"
            | "title"
            | "video"
    )
}

/// Whether a reader does not see the element, as far as its attributes tell.
pub(super) fn is_hidden(element: ElementRef<'_>) -> bool {
    let hidden = element.attr("hidden").is_some_and(|value| {
        // What the browser's own search may open is content, and so is a tab that is not in front.
        !value.eq_ignore_ascii_case("until-found") && element.attr("role") != Some("tabpanel")
    });
    let style = || {
        element.attr("style").is_some_and(|style| {
            let style: String = style.chars().filter(|char| !char.is_whitespace()).collect();
            let style = style.to_ascii_lowercase();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
    };
    // `hidden md:block` is shown on larger screens.
    let class = || {
        let name = |token: &str| matches!(token, "hidden" | "d-none" | "is-hidden");
        let shown =
            |token: &str| token.contains(":") || token.starts_with("d-") && token != "d-none";
        element.value().classes().any(name) && !element.value().classes().any(shown)
    };
    hidden || element.attr("aria-hidden") == Some("true") || style() || class()
}

/// What the class names of elements say, remembered: a page has thousands of elements and few classes.
#[derive(Debug, Default)]
pub(super) struct Classes<'a> {
    known: HashMap<&'a str, Meaning>,
}

/// What the names in one `class` attribute say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Meaning {
    furniture: bool,
    link_box: bool,
    listing: bool,
}

impl<'a> Classes<'a> {
    /// Whether a part of a listing is a line number, or a line that is not shown.
    pub(super) fn is_listing_furniture(&mut self, element: ElementRef<'a>) -> bool {
        element.attr("data-line-number").is_some() && !element.has_children()
            || self.meaning(element).listing
    }

    /// Whether an element of a page whose content was *found* looks like furniture.
    ///
    /// `names_page` says whether a heading is the page's own title, for `<header>` at the top.
    pub(super) fn is_furniture(
        &mut self,
        element: ElementRef<'a>,
        names_page: impl Fn(&str) -> bool,
    ) -> bool {
        let name = dom::name(element);
        if matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "main" | "body" | "html") {
            return false;
        }
        let role = element.attr("role");
        if role.is_some_and(|role| FURNITURE_ROLES.contains(&role)) {
            return true;
        }
        if name == "header" {
            return !is_content_header(element, names_page);
        }
        if is_index(element) {
            return true;
        }
        let meaning = self.meaning(element);
        if meaning.furniture {
            return !holds_the_content(element);
        }
        let is_box =
            matches!(name, "div" | "ul" | "ol" | "section" | "aside" | "details" | "table" | "dl");
        let label = || element.attr("aria-label").map(Meaning::of).unwrap_or_default();
        let named = || {
            meaning.link_box
                || role == Some("complementary")
                || label().link_box
                || label().furniture
        };
        is_box && named() && is_mostly_links(element) && !holds_the_content(element)
    }

    fn meaning(&mut self, element: ElementRef<'a>) -> Meaning {
        let Some(names) = element.attr("class") else { return Meaning::default() };
        *self.known.entry(names).or_insert_with(|| Meaning::of(names))
    }
}

impl Meaning {
    fn of(names: &str) -> Self {
        let mut meaning = Self::default();
        for name in names.split_whitespace() {
            let words = split_words(name);
            let has = |run: &[&str]| words.windows(run.len()).any(|window| window == run);
            meaning.furniture |= FURNITURE_WORDS.iter().any(|run| has(run));
            meaning.link_box |= LINK_BOX_WORDS.iter().any(|word| has(&[word]));
            meaning.listing |=
                LISTING_NAMES.contains(&name) || LISTING_WORDS.iter().any(|run| has(run));
        }
        meaning
    }
}

/// Whether a list is nothing but links to other pages of the site: those are found themselves, and a
/// list of their titles only stands before them in every ranking.
fn is_index(element: ElementRef<'_>) -> bool {
    if !matches!(dom::name(element), "ul" | "ol") {
        return false;
    }
    let links = element.descendent_elements().filter(|inner| dom::name(*inner) == "a");
    let inward = links.filter_map(|link| dom::filled(link, "href")).take(LINK_DENSITY_NODES);
    let (mut all, mut outward) = (0, 0);
    for target in inward {
        all += 1;
        outward += usize::from(target.contains("://") || target.starts_with("//"));
    }
    if all < INDEX_LINKS || outward > 0 {
        return false;
    }
    let count = TextCount::of(element, LINK_DENSITY_NODES);
    count.links as f32 >= INDEX_DENSITY * count.all as f32
}

/// A `<header>` is content if it belongs to a part of the content, or if it holds the page's title.
fn is_content_header(header: ElementRef<'_>, names_page: impl Fn(&str) -> bool) -> bool {
    let part = |ancestor: ElementRef<'_>| {
        matches!(dom::name(ancestor), "main" | "article" | "section")
            || matches!(ancestor.attr("role"), Some("main" | "article"))
    };
    let mut headings = header.descendent_elements().filter(|inner| dom::name(*inner) == "h1");
    dom::has_ancestor(header, part) || headings.any(|h1| names_page(&dom::text(h1)))
}

/// Guards against a class that a generator puts on everything, `no-sidebar pagination-on`.
fn holds_the_content(element: ElementRef<'_>) -> bool {
    let mut inner = element.descendent_elements().skip(1);
    inner.any(|inner| matches!(dom::name(inner), "h1" | "main" | "article"))
}

fn is_mostly_links(element: ElementRef<'_>) -> bool {
    let count = TextCount::of(element, LINK_DENSITY_NODES);
    !count.cut && count.links as f32 >= LINK_DENSITY * count.all as f32
}

/// The words of a class name in lower case: split at punctuation and before capitals.
fn split_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for char in name.chars() {
        let new_word = !char.is_ascii_alphanumeric() || lower_before && char.is_ascii_uppercase();
        if new_word {
            words.push(String::new());
        }
        if char.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(char.to_ascii_lowercase());
        }
        lower_before = char.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Bytes of visible text below an element, white space left out.
#[derive(Debug, Default)]
pub(super) struct TextCount {
    /// All of it.
    pub(super) all: usize,
    /// What is inside links.
    links: usize,
    /// Whether counting ended early.
    cut: bool,
    nodes_left: usize,
    links_open: usize,
}

impl TextCount {
    /// Counts until `most_nodes` were seen.
    pub(super) fn of(element: ElementRef<'_>, most_nodes: usize) -> Self {
        let mut count = Self { nodes_left: most_nodes, ..Self::default() };
        dom::walk(element, &mut count);
        count
    }
}

impl<'a> Visitor<'a> for TextCount {
    fn open(&mut self, element: ElementRef<'a>) -> bool {
        self.nodes_left = self.nodes_left.saturating_sub(1);
        self.cut |= self.nodes_left == 0;
        let inside = !self.cut && !matches!(dom::name(element), "script" | "style" | "noscript");
        self.links_open += usize::from(inside && dom::name(element) == "a");
        inside
    }

    fn close(&mut self, element: ElementRef<'a>) {
        self.links_open -= usize::from(dom::name(element) == "a");
    }

    fn text(&mut self, text: &'a str) {
        let bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
        self.all += bytes;
        self.links += if self.links_open > 0 { bytes } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_words_are_found_in_every_spelling() {
        for name in ["skip-to-content", "skipToContent_a1", "c_skip_to", "Skip-To"] {
            assert!(Meaning::of(name).furniture, "{name}");
        }
        for name in ["toctree-wrapper", "skipping-to", "to-skip", "skip", ""] {
            assert_eq!(Meaning::of(name), Meaning::default(), "{name}");
        }
        assert!(Meaning::of("col tocCollapsible_x2").link_box);
        assert!(Meaning::of("hljs-ln-numbers").listing);
    }
}
