//! Walking a region: which elements are left out, and what each of the others does to the text.

use ego_tree::NodeId;
use scraper::{ElementRef, Selector};
use sextant_core::Section;

use super::{
    anchors, attributes,
    blocks::Blocks,
    boilerplate::{self, Classes},
    dom::{self, Visitor},
    facts::Facts,
    regions::{Regions, Trust},
};

/// What an element does when it ends, other than ending a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Heading,
    Definitions,
    Term,
    Code,
    DataTable,
    Row,
}

/// Reads regions of one page into sections.
pub(super) struct Reader<'a, 'o> {
    blocks: Blocks,
    exclude: &'o [Selector],
    facts: &'o Facts,
    image_alt: bool,
    trust: Trust,
    classes: Classes<'a>,
    open: Vec<(NodeId, Role)>,
    ignored: bool,
}

impl<'a, 'o> Reader<'a, 'o> {
    pub(super) fn new(
        regions: &Regions<'a>,
        exclude: &'o [Selector],
        facts: &'o Facts,
        image_alt: bool,
    ) -> Self {
        let (trust, blocks) = (regions.trust, Blocks::new());
        let (classes, open) = (Classes::default(), Vec::new());
        Self { blocks, exclude, facts, image_alt, trust, classes, open, ignored: false }
    }

    /// Reads one region, unless it is inside of what an author ignores.
    pub(super) fn read(&mut self, region: ElementRef<'a>) {
        let ignored = |element: ElementRef<'_>| {
            attributes::ignore(element).is_some() || self.is_excluded(element)
        };
        if ignored(region) || dom::has_ancestor(region, ignored) {
            self.ignored = true;
            return;
        }
        if let Some(id) = anchors::own(region) {
            self.blocks.anchor(id);
        }
        // A heading or a list may be a region of its own.
        if self.enter(region) {
            dom::walk(region, self);
            self.close(region);
        }
    }

    /// The sections, and whether an author's ignore attribute or selector left anything out.
    pub(super) fn finish(self) -> (Vec<Section>, bool) {
        (self.blocks.finish(), self.ignored)
    }

    fn is_excluded(&self, element: ElementRef<'_>) -> bool {
        self.exclude.iter().any(|selector| selector.matches(&element))
    }

    /// Whether an element and all in it is left out.
    fn is_left_out(&mut self, element: ElementRef<'a>) -> bool {
        if attributes::ignore(element).is_some() || self.is_excluded(element) {
            self.ignored = true;
            return true;
        }
        let name = dom::name(element);
        if boilerplate::is_never_text(element) || boilerplate::is_hidden(element) {
            return true;
        }
        match name {
            // The button of an accordion is its whole heading; others act on the page.
            "button" if !(self.blocks.in_heading() && is_whole_heading(element)) => return true,
            // A citation has a footer too.
            "footer" => return !dom::has_ancestor(element, |a| dom::name(a) == "blockquote"),
            // Some frameworks wrap the whole page in a form.
            "form" => {
                let mut inner = element.descendent_elements();
                return !inner.any(|e| matches!(dom::name(e), "main" | "article" | "h1"));
            }
            "a" if anchors::is_permalink(element) => return true,
            "a" | "sup" if anchors::is_note_link(element) => return true,
            _ => {}
        }
        if (self.blocks.in_code() || matches!(name, "td" | "div" | "span" | "pre"))
            && self.classes.is_listing_furniture(element)
        {
            return true;
        }
        let facts = self.facts;
        self.trust == Trust::Found
            && !self.blocks.in_code()
            && self.classes.is_furniture(element, |heading| facts.names_page(heading))
    }

    /// What an element that is read does to the text. Returns whether to go into it.
    fn enter(&mut self, element: ElementRef<'a>) -> bool {
        let name = dom::name(element);
        match name {
            "br" | "wbr" | "img" | "hr" => {
                match name {
                    "br" => self.blocks.line_break(),
                    "hr" => self.blocks.end_block(),
                    "img" if self.image_alt => self.image(element),
                    _ => {}
                }
                return false;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !self.blocks.in_heading() => {
                let level = name.bytes().last().unwrap_or(b'6').saturating_sub(b'0');
                self.blocks.open_heading(level, anchors::of_heading(element));
                self.open.push((element.id(), Role::Heading));
            }
            "dl" | "dt" if self.is_in_row() => self.blocks.space(),
            "dl" => {
                self.blocks.open_definitions();
                self.open.push((element.id(), Role::Definitions));
            }
            "dt" => self.term(element),
            "pre" => {
                self.blocks.open_code();
                self.open.push((element.id(), Role::Code));
            }
            "table" => {
                self.blocks.end_block();
                if is_data_table(element) {
                    self.open.push((element.id(), Role::DataTable));
                }
            }
            "tr" if matches!(self.open.last(), Some((_, Role::DataTable))) => {
                self.blocks.open_row();
                self.open.push((element.id(), Role::Row));
            }
            "td" | "th" if matches!(self.open.last(), Some((_, Role::Row))) => self.blocks.cell(),
            _ if is_block(name) => self.blocks.end_block(),
            // Elements of the page's own making are often boxes.
            _ if name.contains('-') => self.blocks.space(),
            _ => {}
        }
        true
    }

    fn term(&mut self, element: ElementRef<'a>) {
        let in_list = self.open.iter().any(|(_, role)| *role == Role::Definitions);
        match anchors::of_term(element).filter(|_| in_list && !self.blocks.in_heading()) {
            Some(anchor) => {
                self.blocks.open_term(anchor);
                self.open.push((element.id(), Role::Term));
            }
            None => self.blocks.end_block(),
        }
    }

    fn image(&mut self, element: ElementRef<'a>) {
        if let Some(alt) = dom::filled(element, "alt") {
            self.blocks.space();
            self.blocks.text(alt);
            self.blocks.space();
        }
    }
}

impl<'a> Visitor<'a> for Reader<'a, '_> {
    fn open(&mut self, element: ElementRef<'a>) -> bool {
        if self.is_left_out(element) {
            // What stood around it is still apart.
            if is_block(dom::name(element)) {
                self.blocks.end_block();
            }
            return false;
        }
        let inside = self.enter(element);
        if !self.blocks.in_heading()
            && let Some(id) = anchors::own(element)
        {
            self.blocks.anchor(id);
        }
        inside
    }

    fn close(&mut self, element: ElementRef<'a>) {
        let name = dom::name(element);
        let role = self.open.pop_if(|(id, _)| *id == element.id()).map(|(_, role)| role);
        match role {
            Some(Role::Heading) => self.blocks.close_heading(),
            Some(Role::Definitions) => self.blocks.close_definitions(),
            Some(Role::Term) => self.blocks.close_term(),
            Some(Role::Code) => self.blocks.close_code(),
            Some(Role::Row) => self.blocks.close_row(),
            Some(Role::DataTable) => self.blocks.end_block(),
            None if matches!(name, "td" | "th") && self.is_in_row() => {}
            None if is_block(name) => self.blocks.end_block(),
            None if name.contains('-') => self.blocks.space(),
            None => {}
        }
    }

    fn text(&mut self, text: &'a str) {
        self.blocks.text(text);
    }
}

impl Reader<'_, '_> {
    fn is_in_row(&self) -> bool {
        matches!(self.open.last(), Some((_, Role::Row)))
    }
}

/// Whether the heading around an element has no text but the element's.
fn is_whole_heading(element: ElementRef<'_>) -> bool {
    let mut above = element.ancestors().filter_map(ElementRef::wrap);
    let heading = above
        .find(|above| matches!(dom::name(*above), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt"));
    heading.is_some_and(|heading| dom::text(heading) == dom::text(element))
}

/// Whether rows of a table read as rows. A table of listings, headings or tables is
/// there for layout.
fn is_data_table(table: ElementRef<'_>) -> bool {
    let layout = |inner: ElementRef<'_>| {
        matches!(
            dom::name(inner),
            "table" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "form" | "main"
        )
    };
    !matches!(table.attr("role"), Some("presentation" | "none"))
        && !table.descendent_elements().skip(1).any(layout)
}

/// Elements that stand on lines of their own (HTML standard, "rendering", flow content).
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "button"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}
