//! Ids to link to: a heading's own, that of a permalink in it, or of an empty anchor in it.

use scraper::ElementRef;

use super::dom;

/// Class names that site generators give to the link beside a heading that leads to itself.
const PERMALINKS: [&str; 12] = [
    "headerlink",
    "header-anchor",
    "heading-anchor",
    "heading-link",
    "hash-link",
    "anchor",
    "anchor-link",
    "anchorjs-link",
    "permalink",
    "direct-link",
    "sl-anchor-link",
    "toc-anchor",
];
/// Characters in the longest mark of a note, `[123]`.
const NOTE_MARK: usize = 5;
/// What such a link says where it is not a mere symbol.
const PERMALINK_TEXTS: [&str; 6] = ["", "link", "permalink", "anchor", "direct link", "copy link"];

/// The id that leads to a heading: its own, else that of a permalink in it, else of an `<a>` in it.
/// What may stand around it (`<section id>`) the reader knows.
pub(super) fn of_heading(heading: ElementRef<'_>) -> Option<String> {
    let links = || heading.descendent_elements().filter(|inner| dom::name(*inner) == "a");
    own(heading)
        .or_else(|| links().filter(|link| leads_to_itself(*link)).find_map(fragment))
        .or_else(|| links().find_map(own))
        .map(Into::into)
}

/// The id that leads to a term: its own, else that of a permalink or of a heading in it. Others in it
/// are targets of an index, and a term that has nothing else is no definition of a name.
pub(super) fn of_term(term: ElementRef<'_>) -> Option<String> {
    let inner = |test: fn(&str) -> bool| {
        term.descendent_elements().skip(1).filter(move |inner| test(dom::name(*inner)))
    };
    let is_heading = |name: &str| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
    own(term)
        .or_else(|| inner(|name| name == "a").filter(|a| leads_to_itself(*a)).find_map(fragment))
        .or_else(|| inner(is_heading).find_map(own))
        .map(Into::into)
}

/// An element's id, or the older `name` of an `<a>`.
pub(super) fn own(element: ElementRef<'_>) -> Option<&str> {
    let name = || dom::filled(element, "name").filter(|_| dom::name(element) == "a");
    dom::filled(element, "id").or_else(name)
}

/// Whether a link only leads to the place where it stands: `¶`, `#`, an icon, or a known class and
/// nothing that could be content.
pub(super) fn is_permalink(element: ElementRef<'_>) -> bool {
    if dom::name(element) != "a" || fragment(element).is_none() {
        return false;
    }
    let text = dom::text(element);
    if !text.chars().any(char::is_alphanumeric) {
        // An image may be content, and an empty anchor is nothing to drop.
        return !text.is_empty() || has_permalink_class(element);
    }
    has_permalink_class(element) && PERMALINK_TEXTS.contains(&text.to_lowercase().as_str())
}

/// Whether a link refers to a note or back from one: `[1]`, `↩`. A raised link within the page is one
/// whatever its class is.
pub(super) fn is_note_link(element: ElementRef<'_>) -> bool {
    const CLASSES: [&str; 4] =
        ["footnote-reference", "footnote-ref", "footnote-backref", "footnote-back"];
    let is_note = match dom::name(element) {
        "a" => {
            matches!(element.attr("role"), Some("doc-noteref" | "doc-backlink"))
                || CLASSES.iter().any(|class| dom::has_token(element, "class", class))
        }
        "sup" => element.child_elements().any(|link| fragment(link).is_some()),
        _ => false,
    };
    is_note && dom::text(element).chars().count() <= NOTE_MARK
}

/// A link in a heading whose target is the heading: every permalink, and mdBook's, whose text is the
/// heading itself. docutils' link back to the table of contents is none.
fn leads_to_itself(link: ElementRef<'_>) -> bool {
    is_permalink(link) || has_permalink_class(link) || dom::has_token(link, "class", "header")
}

fn has_permalink_class(link: ElementRef<'_>) -> bool {
    PERMALINKS.iter().any(|class| dom::has_token(link, "class", class))
}

/// The target of a link within its page, without `#`.
fn fragment<'a>(link: ElementRef<'a>) -> Option<&'a str> {
    dom::filled(link, "href")?.strip_prefix('#').filter(|id| !id.is_empty())
}
