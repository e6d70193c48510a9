//! `cargo xtask sizes`: raw, gzip and brotli sizes of everything that ships, held under `budgets.json`.
//!
//! Bytes are latency, so the budgets are on sums that a reader waits for, not on single files. A file
//! that ships and that no budget mentions is a fault: nothing grows unseen.

use crate::error::XtaskError;
use crate::repo::{Repo, files_below};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

const BUDGETS: &str = "budgets.json";
const RECORD: &str = "target/sizes.json";
/// Directories whose files ship.
const PLACES: [&str; 3] = ["dist/engine", "pkg", "models"];
/// Files below this raw size share a row of the printed table.
const SHOWN: u64 = 5_000;
/// From this size on brotli runs at a lower quality: the best takes a minute for the encoder, whose
/// weights hardly compress at any.
const LARGE: usize = 4 << 20;

/// `budgets.json`.
#[derive(Deserialize)]
struct Budgets {
    /// Sums of sizes that must stay below a limit.
    budgets: Vec<Budget>,
}

/// A limit on the files that are fetched, or installed, together.
#[derive(Deserialize)]
struct Budget {
    /// What the reader, or the developer, gets for these bytes.
    name: String,
    /// Files, relative to the root; `*` stands for any run of characters but `/`, `**` for any run.
    files: Vec<String>,
    /// Most bytes in all, in this compression: `raw`, `gzip` or `brotli`.
    limit: BTreeMap<String, u64>,
}

/// The sizes of a file or of several together, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Sizes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl Sizes {
    fn of(bytes: &[u8]) -> Self {
        Self { raw: bytes.len() as u64, gzip: gzip(bytes), brotli: brotli(bytes) }
    }

    fn add(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }

    fn get(self, compression: &str) -> Option<u64> {
        match compression {
            "raw" => Some(self.raw),
            "gzip" => Some(self.gzip),
            "brotli" => Some(self.brotli),
            _ => None,
        }
    }
}

/// Prints the table, writes it to `target/sizes.json`, and compares it with the budgets.
pub fn check(repo: &Repo) -> Result<(), XtaskError> {
    let budgets = read_budgets(repo)?;
    let (mut files, mut known) = (BTreeMap::new(), BTreeMap::new());
    for place in PLACES {
        let dir = repo.at(place);
        if !dir.is_dir() {
            return Err(XtaskError::Missing { path: dir, command: "npm run build" });
        }
        for file in files_below(&dir, &["node_modules"])? {
            let bytes = fs::read(&file).map_err(XtaskError::io(&file))?;
            // The engine and the package share their modules, and compressing takes most of the time.
            let content = (bytes.len(), crc32fast::hash(&bytes));
            let sizes = *known.entry(content).or_insert_with(|| Sizes::of(&bytes));
            files.insert(repo.name(&file), sizes);
        }
    }
    println!("sizes: {:<64} {:>11} {:>11} {:>11}", "bytes", "raw", "gzip", "brotli");
    for (name, sizes) in files.iter().filter(|(_, sizes)| sizes.raw >= SHOWN) {
        print_row(name, *sizes);
    }
    let small = files.values().filter(|sizes| sizes.raw < SHOWN);
    let sum = small.clone().fold(Sizes::default(), |sum, sizes| sum.add(*sizes));
    print_row(&format!("{} files below {SHOWN} bytes, all in {RECORD}", small.count()), sum);
    let record = repo.at(RECORD);
    let json = serde_json::to_string_pretty(&files)
        .map_err(|error| XtaskError::Content { path: record.clone(), what: error.to_string() })?;
    fs::write(&record, json + "\n").map_err(XtaskError::io(&record))?;

    println!("sizes: against {BUDGETS}:");
    let faults = compare(&budgets, &files);
    for fault in &faults {
        eprintln!("sizes: {fault}");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(XtaskError::Faults { check: "sizes", faults: faults.len() })
    }
}

fn read_budgets(repo: &Repo) -> Result<Budgets, XtaskError> {
    let path = repo.at(BUDGETS);
    let text = fs::read_to_string(&path).map_err(XtaskError::io(&path))?;
    serde_json::from_str(&text)
        .map_err(|error| XtaskError::Content { path, what: error.to_string() })
}

/// One sentence for each budget that is exceeded or names nothing, and for each file without a budget.
fn compare(budgets: &Budgets, files: &BTreeMap<String, Sizes>) -> Vec<String> {
    let mut faults = Vec::new();
    for Budget { name, files: patterns, limit } in &budgets.budgets {
        for pattern in patterns {
            if !files.keys().any(|file| matches(pattern, file)) {
                faults.push(format!("budget {name:?}: no file is called {pattern}"));
            }
        }
        let total = files
            .iter()
            .filter(|(file, _)| patterns.iter().any(|pattern| matches(pattern, file)))
            .fold(Sizes::default(), |sum, (_, sizes)| sum.add(*sizes));
        print_row(name, total);
        for (compression, limit) in limit {
            match total.get(compression) {
                None => {
                    faults.push(format!("budget {name:?}: unknown compression {compression:?}"))
                }
                Some(found) if found > *limit => faults.push(format!(
                    "budget {name:?}: {found} bytes {compression}, {} over its limit of {limit}",
                    found - limit
                )),
                Some(_) => {}
            }
        }
    }
    for file in files.keys() {
        let known = budgets.budgets.iter().flat_map(|b| &b.files).any(|p| matches(p, file));
        if !known {
            faults.push(format!("{file} ships and no budget in {BUDGETS} mentions it"));
        }
    }
    faults
}

fn print_row(name: &str, Sizes { raw, gzip, brotli }: Sizes) {
    println!("sizes: {name:<64} {raw:>11} {gzip:>11} {brotli:>11}");
}

/// Whether `pattern` names `path`: `*` stands for any run without `/`, `**` for any run.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once('*') else { return pattern == path };
    let Some(tail) = path.strip_prefix(literal) else { return false };
    let (rest, deep) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
    let end = if deep { tail.len() } else { tail.find('/').unwrap_or(tail.len()) };
    (0..=end).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(rest, &tail[at..]))
}

fn gzip(bytes: &[u8]) -> u64 {
    let mut encoder = flate2::write::GzEncoder::new(Counter(0), flate2::Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("a counter takes everything").0
}

fn brotli(bytes: &[u8]) -> u64 {
    let quality = if bytes.len() < LARGE { 11 } else { 4 };
    let mut counter = Counter(0);
    let mut encoder = brotli::CompressorWriter::new(&mut counter, 1 << 16, quality, 22);
    encoder.write_all(bytes).expect("a counter takes everything");
    drop(encoder);
    counter.0
}

/// Counts what is written to it, and never fails.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(limit: u64, files: &[&str]) -> Budgets {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        let limit = BTreeMap::from([("brotli".to_owned(), limit)]);
        Budgets { budgets: vec![Budget { name: "first".into(), files, limit }] }
    }

    fn files() -> BTreeMap<String, Sizes> {
        let sizes = Sizes { raw: 30, gzip: 12, brotli: 10 };
        BTreeMap::from([("engine/a-1x.js".to_owned(), sizes), ("engine/b.wasm".to_owned(), sizes)])
    }

    #[test]
    fn a_sum_at_its_limit_passes_and_a_byte_more_does_not() {
        let all = ["engine/a-*.js", "engine/b.wasm"];
        assert_eq!(compare(&budgets(20, &all), &files()), Vec::<String>::new());
        let faults = compare(&budgets(19, &all), &files());
        assert!(faults.len() == 1 && faults[0].contains("1 over its limit of 19"), "{faults:?}");
    }

    #[test]
    fn a_file_without_a_budget_and_a_budget_without_a_file_are_faults() {
        let faults = compare(&budgets(99, &["engine/a-*.js", "engine/gone.js"]), &files());
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("engine/gone.js"));
        assert!(faults[1].starts_with("engine/b.wasm ships"));
    }

    #[test]
    fn a_star_stays_in_its_directory_and_two_do_not() {
        assert!(matches("a/*.js", "a/b.js"));
        assert!(!matches("a/*.js", "a/b/c.js"));
        assert!(matches("a/**.js", "a/b/c.js"));
        assert!(matches("a/*-*.js", "a/b-c.js"));
        assert!(!matches("a/*.js", "a/b.jsx"));
        assert!(!matches("a/b.js", "a/b.jsx"));
    }

    #[test]
    fn text_shrinks_and_every_compression_is_counted_to_its_last_byte() {
        let sizes = Sizes::of("sextant ".repeat(1000).as_bytes());
        assert_eq!(sizes.raw, 8000);
        // gzip has 18 bytes of frame; brotli none.
        assert!((18..200).contains(&sizes.gzip), "{}", sizes.gzip);
        assert!((8..sizes.gzip).contains(&sizes.brotli), "{}", sizes.brotli);
    }
}
