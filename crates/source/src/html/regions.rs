//! Where the main content of a page is: what its author marked, else what its elements mean.

use scraper::{ElementRef, Html};

use super::{
    HtmlReader,
    attributes::{self, Ignore},
    boilerplate, dom,
};

/// Part of the text of `<main>` that a single `<article>` must have to stand for all of it. Beside an
/// article there are breadcrumbs, a table of contents and links to the next page.
const ARTICLE_SHARE: f32 = 0.6;

/// How much is known about a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// An author or an option names it: only what is never content is left out.
    Marked,
    /// Found by what its elements mean: what looks like furniture is left out.
    Found,
}

/// The parts of a page that are read.
pub(super) struct Regions<'a> {
    /// What the root selector matches.
    pub(super) root: ElementRef<'a>,
    /// In document order; none is inside another.
    pub(super) elements: Vec<ElementRef<'a>>,
    pub(super) trust: Trust,
}

impl<'a> Regions<'a> {
    /// Finds the regions; `None` if a selector of the options matches nothing.
    pub(super) fn of(html: &'a Html, options: &HtmlReader) -> Option<Self> {
        let root = match &options.root {
            Some(selector) => html.select(selector).next()?,
            None => html.root_element(),
        };
        if !options.include.is_empty() {
            let elements =
                outermost(root, |element| options.include.iter().any(|s| s.matches(&element)));
            return (!elements.is_empty()).then_some(Self { root, elements, trust: Trust::Marked });
        }
        let elements = outermost(root, is_body_region);
        if !elements.is_empty() {
            return Some(Self { root, elements, trust: Trust::Marked });
        }
        Some(Self { root, elements: vec![main_content(root)], trust: Trust::Found })
    }
}

/// Whether any element of the page is marked as a body region.
pub(super) fn has_body_region(html: &Html) -> bool {
    html.root_element().descendent_elements().any(is_body_region)
}

fn is_body_region(element: ElementRef<'_>) -> bool {
    attributes::data(element, "body").is_some()
}

fn outermost<'a>(
    root: ElementRef<'a>,
    test: impl Fn(ElementRef<'a>) -> bool,
) -> Vec<ElementRef<'a>> {
    let mut found: Vec<ElementRef<'a>> = Vec::new();
    for element in root.descendent_elements().filter(|element| test(*element)) {
        // Descendants follow their ancestor, so the last one found is the only one to ask.
        let inside =
            found.last().is_some_and(|last| element.ancestors().any(|a| a.id() == last.id()));
        if !inside {
            found.push(element);
        }
    }
    found
}

/// `<main>` or its role, an only `<article>`, else the body.
fn main_content(root: ElementRef<'_>) -> ElementRef<'_> {
    let mains = outermost(root, |e| has_meaning(e, "main", "main"));
    // Of several, all but one of which should be hidden, the first of the longest.
    let main = mains.into_iter().rev().max_by_key(|main| text_length(*main));
    let scope = main.unwrap_or(root);
    let articles = outermost(scope, |e| has_meaning(e, "article", "article"));
    match (main, articles.as_slice()) {
        (None, [article]) => *article,
        (Some(main), [article]) => {
            let share = text_length(*article) as f32 / text_length(main).max(1) as f32;
            let outside = main
                .descendent_elements()
                .any(|e| dom::name(e) == "h1" && !e.ancestors().any(|a| a.id() == article.id()));
            if share >= ARTICLE_SHARE && !outside { *article } else { main }
        }
        (Some(main), _) => main,
        (None, _) => body(root),
    }
}

fn body(root: ElementRef<'_>) -> ElementRef<'_> {
    root.child_elements().find(|child| dom::name(*child) == "body").unwrap_or(root)
}

fn has_meaning(element: ElementRef<'_>, name: &str, role: &str) -> bool {
    (dom::name(element) == name || element.attr("role") == Some(role))
        && !boilerplate::is_hidden(element)
        && attributes::ignore(element) != Some(Ignore::All)
}

/// Bytes of text that is not white space, scripts and styles left out.
fn text_length(element: ElementRef<'_>) -> usize {
    boilerplate::TextCount::of(element, usize::MAX).all
}
