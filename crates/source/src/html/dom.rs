//! Walking a parsed page without recursion, since nothing bounds how deep a page nests, and the text
//! of small parts of it.

use ego_tree::NodeRef;
use scraper::{ElementRef, Node};

/// Meets the nodes below an element in document order.
pub(super) trait Visitor<'a> {
    /// An element starts. Returns whether to go into it; only then is it closed too.
    fn open(&mut self, element: ElementRef<'a>) -> bool;
    /// An element that was gone into ends.
    fn close(&mut self, element: ElementRef<'a>);
    /// A run of text.
    fn text(&mut self, text: &'a str);
}

/// Visits what is below `root`, not `root` itself.
pub(super) fn walk<'a>(root: ElementRef<'a>, visitor: &mut impl Visitor<'a>) {
    let Some(mut node) = root.first_child() else { return };
    loop {
        if enter(node, visitor)
            && let Some(child) = node.first_child()
        {
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return };
            if parent.id() == root.id() {
                return;
            }
            if let Some(element) = ElementRef::wrap(parent) {
                visitor.close(element);
            }
            node = parent;
        }
    }
}

/// Opens or reads one node; an element without children is closed at once. Returns whether to go in.
fn enter<'a>(node: NodeRef<'a, Node>, visitor: &mut impl Visitor<'a>) -> bool {
    if let Node::Text(text) = node.value() {
        visitor.text(text);
        return false;
    }
    let Some(element) = ElementRef::wrap(node) else { return false };
    let inside = visitor.open(element);
    if inside && !node.has_children() {
        visitor.close(element);
    }
    inside
}

/// The element's name in lower case.
pub(super) fn name<'a>(element: ElementRef<'a>) -> &'a str {
    element.value().name()
}

/// Whether an ancestor of `element`, itself left out, satisfies `test`.
pub(super) fn has_ancestor(element: ElementRef<'_>, test: impl Fn(ElementRef<'_>) -> bool) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(test)
}

/// The value of an attribute, if it is not blank.
pub(super) fn filled<'a>(element: ElementRef<'a>, attribute: &str) -> Option<&'a str> {
    element.attr(attribute).map(str::trim).filter(|value| !value.is_empty())
}

/// Whether one of the white-space separated words of an attribute is `word`, in any case.
pub(super) fn has_token(element: ElementRef<'_>, attribute: &str, word: &str) -> bool {
    let value = element.attr(attribute).unwrap_or_default();
    value.split_whitespace().any(|token| token.eq_ignore_ascii_case(word))
}

/// All text below `element`, white space collapsed.
pub(super) fn text(element: ElementRef<'_>) -> String {
    let mut line = Line::default();
    for run in element.text() {
        line.push(run);
    }
    line.take()
}

/// Text that grows, with white space collapsed and characters that nobody sees left out.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
    gap: Option<&'static str>,
}

impl Line {
    /// Adds a run of text as it stands in the page.
    pub(super) fn push(&mut self, run: &str) {
        for char in run.chars() {
            if char.is_whitespace() {
                self.gap = self.gap.or(Some(" "));
            } else if !is_invisible(char) {
                if let Some(gap) = self.gap.take()
                    && !self.text.is_empty()
                {
                    self.text.push_str(gap);
                }
                self.text.push(char);
            }
        }
    }

    /// Puts `gap` before what follows, if something is before it too.
    pub(super) fn separate(&mut self, gap: &'static str) {
        if self.gap.is_none_or(|old| old.len() < gap.len()) {
            self.gap = Some(gap);
        }
    }

    /// Whether nothing visible was added.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Gives the text and starts anew.
    pub(super) fn take(&mut self) -> String {
        self.gap = None;
        std::mem::take(&mut self.text)
    }
}

/// Characters that take no room: zero-width space, byte order mark, word joiner, soft hyphen, NUL.
/// The zero-width joiners are part of words and emoji and stay.
pub(super) fn is_invisible(char: char) -> bool {
    matches!(char, '\u{200b}' | '\u{feff}' | '\u{2060}' | '\u{ad}' | '\0')
}
