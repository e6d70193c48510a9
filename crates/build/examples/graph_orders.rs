//! Question: does the order in which passages are put into the graph of neighbours change what a search
//! along it finds, and what does the graph cost?
//!
//! `cargo run --release -p sextant-build --features graph --example graph_orders -- vectors.npy [CONSTRUCTION]`
//! where the file is what `sextant export BUNDLE --to npy` writes. One passage in forty is kept out of the
//! graph and serves as a question. Recall is that of the ten nearest by a scan of the same 2-bit codes.
//! Prints a table in Markdown. Times are of the processor, as the system counts them for this program
//! (Linux), so that other programs change them little.

use sextant_build::graph::{CONSTRUCTION, Neighbours, Order};
use sextant_index::vectors::basis::{Seeded, Turn};
use sextant_index::vectors::{
    Basis, Bits, Code, CodeSet, Coder, Codes, Graph, Part, SHARD_BYTES, Scan, Scored, Spec, Within,
    unit_vector,
};
use std::error::Error;

/// One row in this many is a question.
const HELD_OUT: usize = 40;
const NEIGHBOURS: usize = 10;
const BEAMS: [usize; 5] = [10, 16, 32, 64, 128];
/// How many neighbours a passage keeps.
const DEGREES: [usize; 4] = [12, 16, 32, 64];
/// How often questions are asked for their time, which is counted in hundredths of a second.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (vectors, width) = read_npy(&arguments.next().ok_or("which .npy file?")?)?;
    let construction = arguments.next().map_or(Ok(CONSTRUCTION), |text| text.parse())?;
    let (mut rows, mut questions) = (vec![], vec![]);
    for (row, vector) in vectors.chunks_exact(width).enumerate() {
        let held_out = row % HELD_OUT == HELD_OUT / 2;
        let list = if held_out { &mut questions } else { &mut rows };
        list.extend(unit_vector(vector, row)?);
    }
    let coded = Coded::new(&rows, width)?;
    let questions: Vec<&[f32]> = questions.chunks_exact(width).collect();
    let (count, asked) = (rows.len() / width, questions.len());
    println!(
        "{count} passages, {asked} questions, {width} dimensions, construction {construction}"
    );
    let ask = |find: &dyn Fn(&Scan<'_>) -> Vec<Scored>| -> Result<_, Box<dyn Error>> {
        let (mut found, start) = (vec![], seconds()?);
        for _ in 0..ROUNDS {
            found = questions.iter().map(|q| coded.scan(q, find)).collect::<Result<Vec<_>, _>>()?;
        }
        Ok((found, (seconds()? - start) * 1e6 / (ROUNDS * asked) as f64))
    };
    let (scanned, time) = ask(&|scan| scan.nearest(NEIGHBOURS, &Within::ALL))?;
    println!("scan: {time:.0} µs a question\n");
    let beams = BEAMS.map(|beam| format!(" {beam} | µs |")).concat();
    println!("| order | order s | build s | degree | bytes |{beams}");
    println!("|---|---|---|---|---|{}", "---|".repeat(2 * BEAMS.len()));
    for order in Order::ALL {
        let start = seconds()?;
        let passages = order.of(&rows, width)?;
        let ordered = seconds()?;
        let neighbours = Neighbours::find(&rows, width, passages, construction)?;
        let built = seconds()?;
        for degree in DEGREES {
            let file = neighbours.write(degree)?;
            let (order, order_time, build_time) = (order.name(), ordered - start, built - ordered);
            print!("| {order} | {order_time:.1} | {build_time:.1} | {degree} | {} |", file.len());
            let graph = Graph::open(file, "graph", count as u32)?;
            for beam in BEAMS {
                let (found, time) =
                    ask(&|scan| graph.nearest(scan, NEIGHBOURS, beam, &Within::ALL))?;
                let pairs = found.iter().zip(&scanned);
                let hits: usize =
                    pairs.map(|(f, s)| f.iter().filter(|hit| s.contains(hit)).count()).sum();
                print!(" {:.4} | {time:.0} |", hits as f64 / (asked * NEIGHBOURS) as f64);
            }
            println!();
        }
    }
    Ok(())
}

/// Processor time of this program so far, of all its threads: `utime` and `stime` of proc_pid_stat(5).
fn seconds() -> Result<f64, Box<dyn Error>> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_A_SECOND)
}

/// Vectors in 2-bit codes.
struct Coded {
    planes: Vec<Spec>,
    basis: Basis,
    opened: Vec<(u32, u32, Codes)>,
    width: usize,
}

impl Coded {
    fn new(rows: &[f32], width: usize) -> Result<Self, Box<dyn Error>> {
        let planes = vec![Spec::new(Code::Levels(Bits::Two), 0, width as u32)];
        let basis = Basis::new(&vec![0.0; width], Turn::Seeded(Seeded::new(width, 1)));
        let coder = Coder::new(width, planes.clone(), Some(basis.clone()), rows)?;
        let mut opened = vec![];
        for part in coder.shards(rows, SHARD_BYTES, None)? {
            let codes = Codes::open(part.file, "codes", &planes, part.count)?;
            opened.push((part.start, part.count, codes));
        }
        Ok(Self { planes, basis, opened, width })
    }

    fn scan(
        &self,
        query: &[f32],
        find: &dyn Fn(&Scan<'_>) -> Vec<Scored>,
    ) -> Result<Vec<Scored>, Box<dyn Error>> {
        let parts = self.opened.iter();
        let parts: Vec<Part<'_>> = parts
            .map(|(start, count, codes)| Part { start: *start, count: *count, codes: Some(codes) })
            .collect();
        let set = CodeSet { planes: &self.planes, keep: &[], sketch: None, parts: &parts };
        Ok(find(&Scan::new(set, Some(&self.basis), query, self.width)?))
    }
}

/// The rows of an array of `<f4`, version 1 of the format, and their width.
fn read_npy(file: &str) -> Result<(Vec<f32>, usize), Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let length = bytes.get(8..10).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes);
    let (header, data) = bytes.split_at_checked(10 + usize::from(length)).ok_or("no .npy file")?;
    let header = String::from_utf8_lossy(header);
    if !header.contains("'<f4'") {
        return Err("an array of something else than <f4; export it with `sextant export`".into());
    }
    let shape = header.split(['(', ')']).nth(1).unwrap_or_default();
    let width: usize = shape.split(',').nth(1).unwrap_or_default().trim().parse()?;
    Ok((data.as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)).collect(), width))
}
