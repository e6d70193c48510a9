//! The end of a build, for people and for programs.

use crate::carried::EngineFile;
use crate::plans;
use crate::progress::StageTime;
use crate::sources::{Documents, Trouble};
use crate::term::{self, Style, Table};
use serde::Serialize;
use sextant_build::{Part, Report};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Lines of a list before the rest is only counted, unless `--verbose`.
const LISTED: usize = 10;

/// What a build came to, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Outcome {
    #[serde(flatten)]
    report: Report,
    /// Times, in order.
    stages: Vec<StageTime>,
    #[serde(rename = "passagesPerSecond")]
    passages_per_second: Option<f64>,
    #[serde(flatten)]
    trouble: Trouble,
}

impl Outcome {
    /// Puts together what the builder, the reader and the clock know.
    pub fn new(
        mut report: Report,
        documents: &Documents,
        engine: &[EngineFile],
        stages: Vec<StageTime>,
    ) -> Self {
        if !engine.is_empty() {
            let bytes = engine.iter().map(|(_, bytes)| bytes.len() as u64).sum();
            let part = Part { files: engine.len() as u64, raw: bytes, stored: bytes };
            report.parts.insert("engine".to_owned(), part);
        }
        let encode = stages.iter().find(|stage| stage.stage == "encode");
        let rate = encode
            .filter(|_| report.encoded > 0)
            .map(|s| report.encoded as f64 / s.seconds.max(1e-6));
        Self { report, stages, passages_per_second: rate, trouble: documents.trouble.clone() }
    }
}

/// An outcome and where it lies.
pub struct Summary<'a> {
    /// The bundle's directory.
    pub output: &'a Path,
    /// The first source, if it is a directory.
    pub site: Option<&'a Path>,
    /// `--base-url`.
    pub base_url: Option<&'a str>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Summary<'_> {
    /// Says on stderr which pages were broken; all of them if nothing else will be said.
    pub fn warn(&self, all: bool) {
        let broken = &self.outcome.trouble.broken;
        let shown = if all { broken.len() } else { broken.len().min(LISTED) };
        let mut stderr = std::io::stderr().lock();
        for problem in broken.iter().take(shown) {
            let _ = writeln!(stderr, "warning: {}: {}", problem.file, problem.reason);
        }
        if shown < broken.len() {
            let more = term::counted((broken.len() - shown) as u64, "more page");
            let _ =
                writeln!(stderr, "warning: and {more} could not be read (--verbose lists them)");
        }
        for key in &self.outcome.report.filters.absent {
            let _ = writeln!(stderr, "warning: --filter {key}: no page has this key");
        }
        for note in &self.outcome.trouble.notes {
            let _ = writeln!(stderr, "warning: {note}");
        }
    }

    /// The summary that a user reads.
    pub fn render(&self, verbose: bool) -> String {
        let style = Style::stdout();
        let report = &self.outcome.report;
        let mut out = String::new();
        let pages = term::counted(u64::from(report.pages), "page");
        let passages = term::counted(u64::from(report.passages), "passage");
        let _ = writeln!(
            out,
            "{}: {pages}, {passages}",
            style.bold(&self.output.display().to_string())
        );
        self.render_meaning(&mut out);
        let assumed =
            if report.language_assumed { ", as no page names one (--language)" } else { "" };
        let _ = writeln!(
            out,
            "  words: {} in {}{assumed}",
            term::counted(u64::from(report.terms), "term"),
            report.language
        );
        self.render_filters(&mut out, verbose);
        self.render_left_out(&mut out, verbose);
        out.push('\n');
        out.push_str(&self.parts().render("  "));
        out.push('\n');
        out.push_str(&self.times().render("  "));
        if report.parts.contains_key("engine") {
            let address = self.address();
            let _ = write!(
                out,
                "\nAdd the search box to a page:\n\n  <script type=\"module\" src=\"{address}/engine/sextant-search.js\"></script>\n  <sextant-search></sextant-search>\n"
            );
            if let Some(site) = self.site.filter(|site| self.output.starts_with(site)) {
                let _ = writeln!(
                    out,
                    "\nHave a look before you publish:  sextant serve {}",
                    site.display()
                );
            }
        }
        out
    }

    fn render_meaning(&self, out: &mut String) {
        let report = &self.outcome.report;
        if report.given > 0 {
            let given = term::count(report.given as u64);
            let _ = writeln!(out, "  meaning: {given} vectors given, none encoded");
            return;
        }
        if report.encoded + report.reused == 0 {
            out.push_str("  meaning: none (words only)\n");
            return;
        }
        let encoded = term::count(report.encoded as u64);
        let reused = term::count(report.reused as u64);
        let rate = self.outcome.passages_per_second.map(|rate| format!(" at {rate:.0} passages/s"));
        let _ = writeln!(
            out,
            "  meaning: {encoded} encoded{}, {reused} from the cache",
            rate.unwrap_or_default()
        );
        if let Some(vectors) = &report.vectors {
            let _ = writeln!(out, "  vectors: {}", plans::line(vectors));
        }
    }

    fn render_filters(&self, out: &mut String, verbose: bool) {
        let filters = &self.outcome.report.filters;
        let keys = filters.keys.iter().map(|key| match (key.kind, key.sort) {
            (_, true) => format!("{} (sorts)", key.key),
            ("text", _) => format!("{} ({})", key.key, term::counted(key.values as u64, "value")),
            (kind, _) => format!("{} ({kind}s)", key.key),
        });
        let keys: Vec<String> = keys.collect();
        if !keys.is_empty() {
            let _ = writeln!(out, "  filters: {}", keys.join(", "));
        }
        if verbose {
            for (key, reason) in &filters.left_out {
                let _ = writeln!(out, "    {key} is no filter: {reason}");
            }
        }
    }

    fn render_left_out(&self, out: &mut String, verbose: bool) {
        let skipped = &self.outcome.trouble.skipped;
        if skipped.is_empty() {
            return;
        }
        let pages = term::counted(skipped.len() as u64, "page");
        let _ = writeln!(out, "  left out: {pages}{}", self.outcome.trouble.reasons());
        if verbose {
            for problem in skipped {
                let _ = writeln!(out, "    {}: {}", problem.file, problem.reason);
            }
        }
    }

    fn parts(&self) -> Table {
        let report = &self.outcome.report;
        let mut table = Table::new(1);
        table.row(["part", "files", "bytes"]);
        let mut all = Part { files: 1, raw: 0, stored: report.manifest_bytes };
        for (name, part) in &report.parts {
            table.row([name.clone(), term::count(part.files), term::bytes(part.stored)]);
            all.files += part.files;
            all.stored += part.stored;
        }
        table.row(["manifest".to_owned(), "1".to_owned(), term::bytes(report.manifest_bytes)]);
        table.row(["all".to_owned(), term::count(all.files), term::bytes(all.stored)]);
        table
    }

    fn times(&self) -> Table {
        let mut table = Table::new(1);
        table.row(["stage", "time"]);
        let mut total = 0.0;
        for stage in &self.outcome.stages {
            total += stage.seconds;
            table.row([stage.stage.to_owned(), term::seconds(stage.seconds)]);
        }
        table.row(["all".to_owned(), term::seconds(total)]);
        table
    }

    /// Where a browser finds the bundle: below the site's root if it lies there, else by its own name.
    fn address(&self) -> String {
        let inside = self.site.and_then(|site| self.output.strip_prefix(site).ok());
        let name = match inside {
            Some(path) => path.to_string_lossy().replace('\\', "/"),
            None => self.output.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let base = self.base_url.unwrap_or("/").trim_end_matches('/');
        format!("{base}/{name}")
    }
}
