//! `sextant inspect`: what a bundle holds, byte by byte, every file read and checked.

use crate::bundle::{Bundle, inflated, read_stored};
use crate::failure::Failure;
use crate::plans;
use crate::term::{self, Table};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sextant_build::{VectorReport, content_name};
use sextant_core::manifest::{self, ClustersEntry, CodesEntry, Front, Manifest, TokensBlockEntry};
use sextant_core::{BundleError, BundleFault, Kind, Place, frame};
use sextant_encoder::Encoder;
use sextant_index::filters::{FiltersShard, Role};
use sextant_index::texts::Texts;
use sextant_index::tokens::Rows;
use sextant_index::vectors::clusters::centroid_planes;
use sextant_index::vectors::{Basis, Clusters, Codes, Graph};
use sextant_index::words::{Positions, Rest, WordsShard};
use sextant_search::planes;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Values of a key that are shown.
const TOP_VALUES: usize = 5;

/// Say what a bundle holds, byte by byte, and check every file of it
#[derive(Args, Debug)]
#[command(after_help = "Ends with exit code 1 when a file is missing or damaged.")]
pub struct InspectArgs {
    /// The bundle, or the site that holds it in `sextant/`
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// A sort of files and what they come to.
#[derive(Debug, Default, Serialize)]
struct Part {
    part: String,
    files: u64,
    /// Shards in these files; of what is no shard, files.
    shards: u64,
    /// Bytes of what is inside, inflated.
    raw: u64,
    /// Bytes of the files.
    stored: u64,
    #[serde(rename = "storedPerPassage")]
    stored_per_passage: f64,
}

/// A key that can be filtered, counted or sorted by.
#[derive(Debug, Serialize)]
struct FilterKey {
    key: String,
    /// `text`, `number` or `date`.
    kind: &'static str,
    /// Whether for sorting alone.
    sort: bool,
    /// Number of values.
    values: usize,
    /// The lowest value, and the highest.
    range: Option<(String, String)>,
    /// The values that most pages have, with their numbers.
    top: Vec<(String, u32)>,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Findings {
    bundle: String,
    generator: String,
    format: u16,
    pages: u32,
    passages: u32,
    terms: u32,
    language: String,
    encoder: Option<String>,
    /// How vectors are coded, and which plans the build weighed.
    vectors: Option<VectorReport>,
    filters: Vec<FilterKey>,
    parts: Vec<Part>,
    files: u64,
    stored: u64,
    largest: Option<(String, u64)>,
    damage: Vec<String>,
}

/// A shard that the manifest names, and how to look into it.
struct Named<'a> {
    part: &'static str,
    kind: Kind,
    file: &'a str,
    bytes: u64,
    check: Check<'a>,
}

impl Named<'_> {
    /// Whether it is the first shard of its file, or the only one.
    fn begins_file(&self) -> bool {
        Place::of(self.file).bytes.is_none_or(|bytes| bytes.start == 0)
    }
}

/// What a file's body must be.
enum Check<'a> {
    /// It was read with the manifest.
    Head,
    Words,
    /// Beside the words shard before it.
    Positions,
    /// The same.
    Rest,
    Basis,
    Graph,
    Tokens,
    Clusters,
    Vectors {
        set: &'a CodesEntry,
        rows: u32,
    },
    Centroids {
        of: &'a CodesEntry,
        rows: u32,
    },
    Texts {
        start: u32,
        count: u32,
    },
    Encoder,
    Filters,
}

/// Reads the whole bundle.
pub fn run(args: &InspectArgs) -> Result<()> {
    let bundle = Bundle::open(&args.bundle)?;
    let findings = inspect(&bundle)?;
    let mut stdout = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut stdout, &findings)?;
        writeln!(stdout)?;
    } else {
        stdout.write_all(render(&findings).as_bytes())?;
    }
    stdout.flush()?;
    if findings.damage.is_empty() {
        return Ok(());
    }
    let files = term::counted(findings.damage.len() as u64, "file");
    Err(Failure::new(format!("{files} of {} missing or damaged", bundle.directory.display()))
        .hint("copy the bundle again, or run `sextant build` again")
        .into())
}

fn inspect(bundle: &Bundle) -> Result<Findings> {
    let (front, manifest) = (&bundle.front, &bundle.manifest);
    let mut parts: Vec<Part> = Vec::new();
    let mut damage = Vec::new();
    let mut largest: Option<(String, u64)> = None;
    let mut words = None;
    let mut container = Some(Vec::new());
    let mut filters = Vec::new();
    for named in named(front, manifest) {
        let read = read(bundle, &named);
        let (raw, stored) = match &read {
            Ok((file, stored)) => {
                let looked = match named.check {
                    Check::Filters => look_into_filters(file, &named, manifest, &mut filters),
                    _ => look_into(file, &named, manifest, &mut words, &mut container),
                };
                damage.extend(looked.err().map(|error| error.to_string()));
                (file.len() as u64, *stored)
            }
            Err(error) => {
                damage.push(error.clone());
                if matches!(named.check, Check::Encoder) {
                    container = None;
                }
                (0, 0)
            }
        };
        count(&mut parts, named.part, u64::from(named.begins_file()), raw, stored);
        if largest.as_ref().is_none_or(|(_, most)| stored > *most) {
            largest = Some((named.file.to_owned(), stored));
        }
    }
    check_encoder(front, container, &mut damage);
    let mut vectors = None;
    if let Some(entry) = manifest.vectors.as_ref().and_then(|vectors| vectors.plans.as_ref()) {
        match plans::read(bundle, entry) {
            Ok(report) => vectors = Some(report),
            Err(error) => damage.push(error),
        }
        count(&mut parts, "plans", 1, entry.bytes, entry.bytes);
    }
    let manifest_bytes = fs::metadata(bundle.directory.join(manifest::FILE))?.len();
    count(&mut parts, "manifest", 1, manifest_bytes, manifest_bytes);
    // Readers do without it.
    if let Ok(copy) = fs::metadata(bundle.directory.join(manifest::HEAD)) {
        count(&mut parts, "head", 1, copy.len(), copy.len());
    }
    for bytes in engine_files(&bundle.directory) {
        count(&mut parts, "engine", 1, bytes, bytes);
    }
    for part in &mut parts {
        part.stored_per_passage = part.stored as f64 / f64::from(manifest.passages.max(1));
    }
    Ok(Findings {
        bundle: bundle.directory.display().to_string(),
        generator: front.generator.clone(),
        format: front.format,
        pages: manifest.pages,
        passages: manifest.passages,
        terms: manifest.words.terms,
        language: manifest.words.language.clone(),
        encoder: front.encoder.as_ref().map(|e| format!("{} ({})", e.name, e.fingerprint)),
        vectors,
        filters,
        files: parts.iter().map(|part| part.files).sum(),
        stored: parts.iter().map(|part| part.stored).sum(),
        parts,
        largest,
        damage,
    })
}

/// Every shard, positions and the rest of postings right behind their words.
fn named<'a>(front: &'a Front, manifest: &'a Manifest) -> Vec<Named<'a>> {
    let mut list = Vec::new();
    let mut add =
        |part, kind, file, bytes, check| list.push(Named { part, kind, file, bytes, check });
    add("head", Kind::Head, &front.head.file, front.head.bytes, Check::Head);
    for shard in &manifest.words.shards {
        add("words", Kind::Words, &shard.file, shard.bytes, Check::Words);
        let positions = &shard.positions;
        add("positions", Kind::Positions, &positions.file, positions.bytes, Check::Positions);
        if let Some(rest) = &shard.rest {
            add("postings", Kind::Rest, &rest.file, rest.bytes, Check::Rest);
        }
    }
    if let Some(vectors) = &manifest.vectors {
        if let Some(basis) = &vectors.basis {
            add("basis", Kind::Basis, &basis.file, basis.bytes, Check::Basis);
        }
        if let Some(ClustersEntry { starts, centroids, count }) = &vectors.clusters {
            add("clusters", Kind::Clusters, &starts.file, starts.bytes, Check::Clusters);
            let check = Check::Centroids { of: &vectors.codes, rows: *count };
            add("clusters", Kind::Plane, &centroids.file, centroids.bytes, check);
        }
        if let Some(tokens) = &vectors.tokens {
            for TokensBlockEntry { file, bytes, .. } in tokens.shards() {
                add("tokens", Kind::Tokens, file, *bytes, Check::Tokens);
            }
        }
        if let Some(graph) = &vectors.graph {
            add("graph", Kind::Graph, &graph.file, graph.bytes, Check::Graph);
        }
        for (set, part) in vectors.sets().zip(["vectors", "rescore"]) {
            for range in &set.shards {
                let check = Check::Vectors { set, rows: range.count };
                add(part, Kind::Plane, &range.file, range.bytes, check);
            }
        }
    }
    for range in &manifest.texts {
        let check = Check::Texts { start: range.start, count: range.count };
        add("passages", Kind::Passages, &range.file, range.bytes, check);
    }
    for shard in &manifest.filters {
        add("filters", Kind::Filters, &shard.file, shard.bytes, Check::Filters);
    }
    for part in front.encoder.iter().flat_map(|encoder| &encoder.parts) {
        add("encoder", Kind::Encoder, &part.file, part.bytes, Check::Encoder);
    }
    list
}

/// The inflated shard, and how many bytes it is as stored. With the first shard of a file the file's name is checked.
fn read(bundle: &Bundle, named: &Named<'_>) -> Result<(Vec<u8>, u64), String> {
    let describe = |error: std::io::Error| format!("{}: {error}", named.file);
    let stored = read_stored(&bundle.directory, named.file).map_err(describe)?;
    let length = stored.len() as u64;
    if length != named.bytes {
        let (file, expected) = (named.file.to_owned(), named.bytes);
        return Err(BundleFault::Length { file, expected, found: length }.to_string());
    }
    if named.begins_file() {
        let Place { path, bytes } = Place::of(named.file);
        let name = match bytes {
            Some(_) => content_name(&fs::read(bundle.directory.join(path)).map_err(describe)?),
            None => content_name(&stored),
        };
        if Path::new(path).file_stem().is_none_or(|stem| stem != name.as_str()) {
            return Err(BundleFault::Checksum { file: path.to_owned() }.to_string());
        }
    }
    inflated(stored).map(|file| (file, length)).map_err(describe)
}

fn look_into(
    file: &[u8],
    named: &Named<'_>,
    manifest: &Manifest,
    words: &mut Option<WordsShard>,
    container: &mut Option<Vec<u8>>,
) -> Result<(), BundleError> {
    let name = named.file;
    let body = frame::open(file, named.kind, name)?;
    let differs = |what: String| Err(BundleError::content(name, what));
    match named.check {
        Check::Head => {}
        Check::Words => *words = Some(WordsShard::open(file.to_vec(), name)?),
        Check::Positions => {
            Positions::open(file.to_vec(), name, words.as_ref().map_or(0, WordsShard::len))?;
        }
        Check::Rest => {
            Rest::open(file.to_vec(), name, words.as_ref().map_or(0, WordsShard::rests))?;
        }
        Check::Basis => {
            if let Some(entry) = &manifest.vectors {
                Basis::open(file, name, entry.dimensions)?;
            }
        }
        Check::Clusters => {
            Clusters::open(file, name, manifest.passages)?;
        }
        Check::Tokens => {
            if let Some(vectors) = &manifest.vectors {
                Rows::open(file.to_vec(), name, vectors.axes())?;
            }
        }
        Check::Graph => {
            Graph::open(file.to_vec(), name, manifest.passages)?;
        }
        Check::Vectors { set, rows } => {
            Codes::open(file.to_vec(), name, &planes(manifest, set)?, rows)?;
        }
        Check::Centroids { of, rows } => {
            let planes = centroid_planes(&planes(manifest, of)?);
            Codes::open(file.to_vec(), name, &planes, rows)?;
        }
        Check::Texts { start, count } => {
            let texts = Texts::open(file, name)?;
            if (texts.start(), texts.count()) != (start, count) {
                return differs(format!(
                    "passages {} and {} more, the manifest says {start} and {count}",
                    texts.start(),
                    texts.count()
                ));
            }
        }
        // Looked into apart.
        Check::Filters => {}
        Check::Encoder => {
            if let Some(container) = container {
                container.extend_from_slice(body.bytes);
            }
        }
    }
    Ok(())
}

fn look_into_filters(
    file: &[u8],
    named: &Named<'_>,
    manifest: &Manifest,
    filters: &mut Vec<FilterKey>,
) -> Result<(), BundleError> {
    for key in FiltersShard::open(file, named.file, manifest.pages)?.keys() {
        let texts: Vec<&str> = key.values().map(|(text, _)| text).collect();
        let range = texts.first().zip(texts.last());
        let mut top: Vec<(String, u32)> =
            key.values().map(|(text, count)| (text.to_owned(), count)).collect();
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        top.truncate(TOP_VALUES);
        filters.push(FilterKey {
            key: key.name().to_owned(),
            kind: key.kind().name(),
            sort: key.role() == Role::Sort,
            values: texts.len(),
            range: range.map(|(first, last)| ((*first).to_owned(), (*last).to_owned())),
            top,
        });
    }
    Ok(())
}

/// Whether the parts make up an encoder, and the one that made the vectors.
fn check_encoder(front: &Front, container: Option<Vec<u8>>, damage: &mut Vec<String>) {
    let (Some(entry), Some(container)) = (&front.encoder, container) else { return };
    if entry.parts.is_empty() {
        return;
    }
    match Encoder::open(container) {
        Err(error) => damage.push(format!("encoder: {error}")),
        Ok(encoder) if encoder.fingerprint() != entry.fingerprint => {
            let error = BundleFault::Encoder {
                file: manifest::FILE.to_owned(),
                expected: entry.fingerprint.clone(),
                found: encoder.fingerprint().to_owned(),
            };
            damage.push(error.to_string());
        }
        Ok(_) => {}
    }
}

/// Counts a shard, and `files` of one it begins.
fn count(parts: &mut Vec<Part>, name: &str, files: u64, raw: u64, stored: u64) {
    let at = parts.iter().position(|part| part.part == name).unwrap_or_else(|| {
        parts.push(Part { part: name.to_owned(), ..Part::default() });
        parts.len() - 1
    });
    if let Some(part) = parts.get_mut(at) {
        part.files += files;
        part.shards += 1;
        part.raw += raw;
        part.stored += stored;
    }
}

/// Sizes of what lies in `engine/`; no manifest names it, for its names are fixed.
fn engine_files(directory: &Path) -> Vec<u64> {
    let entries = fs::read_dir(directory.join("engine")).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(|m| m.is_file())
        .map(|m| m.len())
        .collect()
}

fn render(findings: &Findings) -> String {
    let mut out = format!(
        "{}: format {}, written by {}\n",
        findings.bundle, findings.format, findings.generator
    );
    let pages = term::counted(u64::from(findings.pages), "page");
    let passages = term::counted(u64::from(findings.passages), "passage");
    let terms = term::counted(u64::from(findings.terms), "term");
    let _ = writeln!(out, "{pages}, {passages}, {terms} (language {})", findings.language);
    let encoder = findings.encoder.as_deref().unwrap_or("none, words only");
    let _ = writeln!(out, "encoder: {encoder}");
    if let Some(report) = &findings.vectors {
        let _ = writeln!(out, "vectors: {}\n", plans::line(report));
        out.push_str(&plans::table(report).render("  "));
    }
    out.push('\n');
    render_filters(&mut out, &findings.filters);
    let mut table = Table::new(1);
    table.row(["part", "files", "shards", "raw bytes", "stored bytes", "a passage"]);
    let mut row = |name: &str, part: &Part, each: String| {
        let Part { files, shards, raw, stored, .. } = *part;
        table.row([
            name.to_owned(),
            term::count(files),
            term::count(shards),
            term::count(raw),
            term::count(stored),
            each,
        ]);
    };
    for part in &findings.parts {
        // The encoder and the engine are the same whatever the site.
        let grows = !matches!(part.part.as_str(), "encoder" | "engine");
        let each = if grows { format!("{:.1}", part.stored_per_passage) } else { String::new() };
        row(&part.part, part, each);
    }
    let sum = |of: fn(&Part) -> u64| findings.parts.iter().map(of).sum();
    let (shards, raw) = (sum(|part| part.shards), sum(|part| part.raw));
    let (files, stored) = (findings.files, findings.stored);
    row("all", &Part { files, shards, raw, stored, ..Part::default() }, String::new());
    out.push_str(&table.render("  "));
    if let Some((file, bytes)) = &findings.largest {
        let _ = writeln!(out, "\nlargest shard: {file}, {}", term::bytes(*bytes));
    }
    if findings.damage.is_empty() {
        let _ = writeln!(out, "every file is there and its checksum is right");
    } else {
        out.push('\n');
        for damage in &findings.damage {
            let _ = writeln!(out, "  {damage}");
        }
    }
    out
}

/// A line a key: numbers and dates by their range, text by what is most frequent.
fn render_filters(out: &mut String, filters: &[FilterKey]) {
    if filters.is_empty() {
        return;
    }
    let mut table = Table::new(3);
    for key in filters {
        let kind = if key.sort { format!("{}, sort", key.kind) } else { key.kind.to_owned() };
        let shown = match &key.range {
            Some((first, last)) if key.kind != "text" && key.values > 1 => {
                format!("{first} to {last}")
            }
            _ => {
                let top = key.top.iter().map(|(text, count)| format!("{text} ({count})"));
                top.collect::<Vec<_>>().join(", ")
            }
        };
        let values = term::counted(key.values as u64, "value");
        table.row([key.key.clone(), kind, format!("{values}: {shown}")]);
    }
    let _ = writeln!(out, "filters:\n{}", table.render("  "));
}
