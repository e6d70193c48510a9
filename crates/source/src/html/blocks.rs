//! Text into sections: headings, definitions, paragraphs, rows and listings as they arrive.
//!
//! A definition (`<dt id>`) opens a section one level below the one it stands in, and when its list
//! ends the outer section goes on: as a section of its own with the same heading and anchor, because
//! a document is a flat list in reading order.

use sextant_core::{Block, Section};

use super::dom::{self, Line};

/// What stands between the cells of a row.
const CELL_GAP: &str = " | ";

/// Where running text goes at the moment.
#[derive(Debug)]
enum Target {
    /// A paragraph, a list item, the title of a definition without an id.
    Prose,
    /// A heading of this level, with its anchor.
    Heading(u8, Option<String>),
    /// A term of a definition list that can be linked to.
    Term(Option<String>),
    /// A listing.
    Code(String),
}

/// Sections in the making.
#[derive(Debug)]
pub(super) struct Blocks {
    sections: Vec<Section>,
    line: Line,
    target: Target,
    in_row: bool,
    /// An id that stood right before what comes next.
    pending_anchor: Option<String>,
    /// For each open definition list, the section it stands in.
    lists: Vec<Option<usize>>,
    /// The section that goes on after a definition list.
    resumed: Option<usize>,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            sections: Vec::new(),
            line: Line::default(),
            target: Target::Prose,
            in_row: false,
            pending_anchor: None,
            lists: Vec::new(),
            resumed: None,
        }
    }

    /// The sections read, those without heading and text left out.
    pub(super) fn finish(mut self) -> Vec<Section> {
        self.end_block();
        self.sections.retain(|section| !section.heading.is_empty() || !section.blocks.is_empty());
        self.sections
    }

    /// A run of text as it stands in the page.
    pub(super) fn text(&mut self, run: &str) {
        if let Target::Code(code) = &mut self.target {
            code.extend(run.chars().filter(|char| !dom::is_invisible(*char)).map(
                |char| match char {
                    '\u{a0}' => ' ',
                    other => other,
                },
            ));
        } else {
            self.line.push(run);
        }
        if matches!(self.target, Target::Prose) && !self.line.is_empty() {
            self.pending_anchor = None;
        }
    }

    /// Keeps words apart without ending a block.
    pub(super) fn space(&mut self) {
        self.line.separate(" ");
    }

    /// `<br>`: a space in prose, a new line in a listing.
    pub(super) fn line_break(&mut self) {
        match &mut self.target {
            Target::Code(code) => code.push('\n'),
            _ => self.line.separate(" "),
        }
    }

    /// A block element starts or ends: what was read so far is a block of its own.
    pub(super) fn end_block(&mut self) {
        match &mut self.target {
            Target::Code(code) if !code.is_empty() && !code.ends_with('\n') => code.push('\n'),
            Target::Prose if !self.in_row => {
                let text = self.line.take();
                if is_more_than_a_sign(&text) {
                    self.push(Block::Prose(text));
                }
            }
            Target::Code(_) => {}
            _ => self.line.separate(" "),
        }
    }

    /// An id that leads to what follows, unless text comes before that.
    pub(super) fn anchor(&mut self, id: &str) {
        if matches!(self.target, Target::Prose) {
            self.pending_anchor = Some(id.to_owned());
        }
    }

    /// `h1` to `h6`. `anchor`: the heading's own; else an id right before it counts.
    pub(super) fn open_heading(&mut self, level: u8, anchor: Option<String>) {
        self.end_block();
        let anchor = anchor.or_else(|| self.pending_anchor.take());
        self.target = Target::Heading(level, anchor);
    }

    pub(super) fn close_heading(&mut self) {
        if !matches!(self.target, Target::Heading(..)) {
            return;
        }
        if let Target::Heading(level, anchor) = std::mem::replace(&mut self.target, Target::Prose) {
            let heading = self.line.take();
            self.pending_anchor = None;
            if !heading.is_empty() {
                self.section(level, heading, anchor);
            }
        }
    }

    pub(super) fn open_definitions(&mut self) {
        self.end_block();
        self.lists.push(self.current());
    }

    pub(super) fn close_definitions(&mut self) {
        self.end_block();
        if let Some(outer) = self.lists.pop()
            && outer != self.current()
        {
            // Without an outer section text goes on in one without a heading.
            self.resumed = Some(outer.unwrap_or(usize::MAX));
        }
    }

    /// A term that can be linked to.
    pub(super) fn open_term(&mut self, anchor: String) {
        self.end_block();
        self.target = Target::Term(Some(anchor));
    }

    pub(super) fn close_term(&mut self) {
        let Target::Term(anchor) = std::mem::replace(&mut self.target, Target::Prose) else {
            return;
        };
        let term = self.line.take();
        if !term.chars().any(char::is_alphabetic) {
            // The number of a note, in a list of notes.
            if !term.is_empty() {
                self.push(Block::Prose(term));
            }
            return;
        }
        let outer = self.lists.last().copied().flatten().and_then(|at| self.sections.get(at));
        let level = outer.map_or(1, |section| section.level.saturating_add(1));
        self.section(level, term, anchor);
    }

    pub(super) fn open_code(&mut self) {
        self.end_block();
        if matches!(self.target, Target::Prose) && !self.in_row {
            self.target = Target::Code(String::new());
        }
    }

    pub(super) fn close_code(&mut self) {
        if !matches!(self.target, Target::Code(_)) {
            return;
        }
        if let Target::Code(code) = std::mem::replace(&mut self.target, Target::Prose) {
            let lines: Vec<&str> = code.lines().map(str::trim_end).collect();
            let is_blank = |line: &&str| line.is_empty();
            let start = lines.iter().take_while(|line| is_blank(line)).count();
            let end = lines.len() - lines.iter().rev().take_while(|line| is_blank(line)).count();
            let code = lines.get(start..end).unwrap_or_default().join("\n");
            if !code.is_empty() {
                self.push(Block::Code(code));
            }
        }
    }

    pub(super) fn open_row(&mut self) {
        self.end_block();
        self.in_row = matches!(self.target, Target::Prose);
    }

    pub(super) fn cell(&mut self) {
        self.line.separate(CELL_GAP);
    }

    pub(super) fn close_row(&mut self) {
        self.in_row = false;
        self.end_block();
    }

    /// Whether running text is a listing.
    pub(super) fn in_code(&self) -> bool {
        matches!(self.target, Target::Code(_))
    }

    /// Whether running text is a heading or a term.
    pub(super) fn in_heading(&self) -> bool {
        matches!(self.target, Target::Heading(..) | Target::Term(_))
    }

    /// The section that text goes to, if any.
    fn current(&self) -> Option<usize> {
        match self.resumed {
            Some(at) => Some(at).filter(|at| *at < self.sections.len()),
            None => self.sections.len().checked_sub(1),
        }
    }

    fn section(&mut self, level: u8, heading: String, anchor: Option<String>) {
        self.resumed = None;
        self.sections.push(Section { level, heading, anchor, blocks: Vec::new() });
    }

    fn push(&mut self, block: Block) {
        self.pending_anchor = None;
        if self.resumed.is_some() {
            let outer = self.current().and_then(|at| self.sections.get(at));
            let (level, heading, anchor) = outer
                .map(|section| (section.level, section.heading.clone(), section.anchor.clone()))
                .unwrap_or_default();
            // The lists that stand in the outer section stand in its continuation as well.
            self.section(level, heading, anchor);
        }
        if self.sections.is_empty() {
            self.sections.push(Section::default());
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(block);
        }
    }
}

/// Most characters of a block that is only a sign: an icon, an arrow, a bar between links.
const SIGN: usize = 3;

/// Whether a block says anything. Formulas and rows of operators do, though they have no letters.
fn is_more_than_a_sign(text: &str) -> bool {
    // Unicode counts the letters in circles, such as the sign for information, as letters.
    let says = |char: char| char.is_alphanumeric() && !('\u{2460}'..='\u{24ff}').contains(&char);
    text.chars().any(says) || text.chars().nth(SIGN).is_some()
}
