//! The graph as a shard: written from the lists of a builder, read in place.

use crate::error::IndexError;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::wire::Reader;

/// Fills a list of neighbours up.
pub const NONE: u32 = u32::MAX;
/// Most neighbours of a node that are read or written.
const MAX_DEGREE: u32 = 1024;
/// Most layers above the lowest. Each has a small part of the nodes of the next.
const MAX_LAYERS: u32 = 32;
/// Bytes of a number.
const NUMBER: usize = size_of::<u32>();

/// The neighbours of the first nodes of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Places for neighbours that each node has, at least 1.
    pub degree: usize,
    /// For each node its neighbours, the nearest first, then [`NONE`] up to `degree`.
    pub neighbours: Vec<u32>,
}

impl Links {
    fn nodes(&self) -> usize {
        self.neighbours.len() / self.degree.max(1)
    }
}

/// The framed shard of a graph whose node `n` is passage `order[n]`. `upper`: the layers above, from the top
/// down, of the first nodes each, all of one degree. `base`: the layer of all nodes.
///
/// # Errors
/// [`IndexError::Graph`] for an order that is none, or lists that do not fit.
pub fn write(order: &[u32], upper: &[Links], base: &Links) -> Result<Vec<u8>, IndexError> {
    let fault = |what: String| IndexError::Graph { what };
    let passages = order.len() as u32;
    let degree = upper.first().map_or(1, |links| links.degree);
    let above = upper.iter().map(|links| (links, degree));
    for (links, degree) in above.chain([(base, base.degree)]) {
        if links.degree != degree || links.nodes() * degree != links.neighbours.len() {
            let Links { degree: found, neighbours } = links;
            return Err(fault(format!(
                "{} places of {found} or {degree} a node",
                neighbours.len()
            )));
        }
    }
    // Node of each passage: the lowest layer lies in the order of passages, so it needs no other numbers.
    let mut node_of = vec![NONE; order.len()];
    for (node, passage) in (0u32..).zip(order) {
        match node_of.get_mut(*passage as usize) {
            Some(place) if *place == NONE => *place = node,
            _ => return Err(fault(format!("passage {passage} of {passages} twice or beyond"))),
        }
    }
    let mut body = Vec::new();
    let mut put = |number: u32| body.extend_from_slice(&number.to_le_bytes());
    put(passages);
    put(base.degree as u32);
    put(degree as u32);
    put(upper.len() as u32);
    upper.iter().for_each(|links| put(links.nodes() as u32));
    let nodes = upper.last().map_or(1, Links::nodes);
    order.iter().take(nodes).for_each(|passage| put(*passage));
    upper.iter().flat_map(|links| &links.neighbours).for_each(|node| put(*node));
    for node in node_of {
        let at = node as usize * base.degree;
        for neighbour in base.neighbours.get(at..at + base.degree).unwrap_or_default() {
            // One that is no node becomes one that is no passage, and is refused below.
            put(match *neighbour {
                NONE => NONE,
                node => order.get(node as usize).copied().unwrap_or(passages),
            });
        }
    }
    let file = frame::write(Kind::Graph, &body);
    let opened = Graph::open(file, "graph", passages).map_err(|error| fault(error.to_string()))?;
    Ok(opened.file)
}

/// A graph, kept as the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    file: Vec<u8>,
    passages: u32,
    /// Passages of the nodes above.
    nodes: Table,
    /// Layers above, from the top down.
    upper: Vec<Table>,
    base: Table,
}

/// Numbers in the file, as many a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Table {
    at: usize,
    rows: u32,
    width: usize,
}

impl Graph {
    /// Reads the graph of `passages`, as the manifest says. `file` is the inflated file, `name` its name
    /// for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // body, numbers of 4 bytes:
    //   passages, at least 1
    //   places for neighbours of a passage, 1..=1024
    //   places for neighbours of a node in the layers above, 1..=1024
    //   layers above, 0..=32
    //   a layer above, from the top down: its nodes, more from layer to layer
    //   a node of the lowest of these layers, or one where there is none: its passage
    //   a layer above, a node, a place: a node of that layer, or 2^32 - 1 behind the last neighbour
    //   a passage, a place: a passage, or 2^32 - 1 behind the last neighbour
    pub fn open(file: Vec<u8>, name: &str, passages: u32) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(&file, Kind::Graph, name)?);
        let body = reader.remaining();
        let found = reader.u32()?;
        if found != passages || passages == 0 {
            let what = format!("a graph of {found} passages, the manifest says {passages}");
            return Err(reader.fault(what));
        }
        let (degree, above, layers) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let range = 1..=MAX_DEGREE;
        if !range.contains(&degree) || !range.contains(&above) || layers > MAX_LAYERS {
            let what = format!("{degree} and {above} neighbours in {layers} layers above");
            return Err(reader.fault(what));
        }
        let sizes = (0..layers).map(|_| reader.u32()).collect::<Result<Vec<u32>, _>>()?;
        let last = sizes.last().copied().unwrap_or(1);
        if sizes.first() == Some(&0) || last > passages || !sizes.is_sorted_by(|a, b| a < b) {
            return Err(
                reader.fault(format!("{layers} layers that do not grow to {passages} nodes"))
            );
        }
        let mut table = |rows: u32, width: u32, limit: u32, least: usize| {
            let at = HEADER + body - reader.remaining();
            // What no usize holds is more than there is.
            let bytes = (rows as usize).checked_mul(width as usize * NUMBER);
            let bytes = reader.bytes(bytes.unwrap_or(usize::MAX))?;
            let mut rows_of = bytes.chunks_exact(width as usize * NUMBER);
            match rows_of.all(|row| neighbours(row, limit).is_some_and(|count| count >= least)) {
                true => Ok(Table { at, rows, width: width as usize }),
                false => Err(reader.fault(format!("a neighbour that is none of {limit}"))),
            }
        };
        let nodes = table(last, 1, passages, 1)?;
        let upper = sizes.iter().map(|size| table(*size, above, *size, 0));
        let upper = upper.collect::<Result<_, _>>()?;
        let base = table(passages, degree, passages, 0)?;
        reader.end()?;
        Ok(Self { file, passages, nodes, upper, base })
    }

    /// Number of passages.
    #[must_use]
    pub fn passages(&self) -> u32 {
        self.passages
    }

    /// The framed shard, which is all that it keeps in memory.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// Number of layers above the lowest.
    pub(super) fn layers(&self) -> usize {
        self.upper.len()
    }

    /// The passage of a node of the layers above.
    pub(super) fn passage_of(&self, node: u32) -> u32 {
        self.row(self.nodes, node).next().unwrap_or(0)
    }

    /// The neighbours of a node in a layer above, counted from the top.
    pub(super) fn neighbours_in(&self, layer: usize, node: u32) -> impl Iterator<Item = u32> {
        self.upper.get(layer).into_iter().flat_map(move |table| self.row(*table, node))
    }

    /// The neighbours of a passage in the lowest layer.
    pub(super) fn neighbours(&self, passage: u32) -> impl Iterator<Item = u32> {
        self.row(self.base, passage)
    }

    fn row(&self, table: Table, row: u32) -> impl Iterator<Item = u32> {
        let row = (row < table.rows).then_some(row as usize * table.width * NUMBER);
        let bytes = row
            .and_then(|row| self.file.get(table.at + row..table.at + row + table.width * NUMBER));
        let (numbers, _) = bytes.unwrap_or_default().as_chunks::<NUMBER>();
        numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).take_while(|number| *number != NONE)
    }
}

/// How many neighbours `row` has, if all are below `limit` and none comes behind the last.
fn neighbours(row: &[u8], limit: u32) -> Option<usize> {
    let numbers = row.as_chunks::<NUMBER>().0;
    let number = |bytes: &[u8; NUMBER]| u32::from_le_bytes(*bytes);
    let count = numbers.iter().take_while(|bytes| number(bytes) < limit).count();
    let rest = numbers.get(count..).unwrap_or_default();
    rest.iter().all(|bytes| number(bytes) == NONE).then_some(count)
}
