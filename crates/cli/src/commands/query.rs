//! `sextant query`: a question to a bundle, answered by the pipeline that browsers run.

use crate::bundle::{Bundle, block_on};
use crate::query_encoder::QueryEncoder;
use crate::term::{self, Style};
use anyhow::Result;
use clap::{Args, ValueEnum};
use sextant_search::{Index, Mode, PageResult, Query, Response, Segment};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Ask a bundle a question, as a reader would in the browser
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sextant query public \"how do I stop a download\"
  sextant query public/sextant with_capacity --mode keyword --json")]
pub struct QueryArgs {
    /// The bundle, or the site that holds it in `sextant/`
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The question; \"quoted words\" must stand next to each other
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,
    /// What ranks the answers
    #[arg(long, value_enum, default_value_t = ModeArg::Hybrid)]
    mode: ModeArg,
    /// Most pages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Take the last word for the beginning of a word, as the search box does while someone types
    #[arg(long)]
    typing: bool,
    /// Show pages even if none of them answers the question
    #[arg(long)]
    no_cut_off: bool,
    /// Score the nearest passages again by finer codes
    #[arg(long)]
    rescore: bool,
    /// Encoder of the question, instead of the bundle's own
    #[arg(long, value_name = "FILE")]
    encoder: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    /// Configuration file instead of ./sextant.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What ranks the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Words and meaning together
    Hybrid,
    /// Meaning alone
    Semantic,
    /// Words alone
    Keyword,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Hybrid => Self::Hybrid,
            ModeArg::Semantic => Self::Semantic,
            ModeArg::Keyword => Self::Keyword,
        }
    }
}

/// Answers one question.
pub fn run(args: &QueryArgs) -> Result<()> {
    let bundle = Bundle::open(&args.bundle)?;
    let text = args.words.join(" ");
    let vector = vector(args, &bundle, &text)?;
    let index = Index::open(bundle.shards(), bundle.manifest)?;
    let query = Query {
        text,
        mode: args.mode.into(),
        limit: usize::from(args.limit),
        typing: args.typing,
        cut_off: !args.no_cut_off,
        rescore: args.rescore,
        ..Query::default()
    };
    let began = Instant::now();
    let response = block_on(index.search(&query, vector.as_deref()))?;
    let took = began.elapsed().as_secs_f64();
    let mut stdout = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut stdout, &response)?;
        writeln!(stdout)?;
    } else {
        stdout.write_all(render(&response, &query.text, took, Style::stdout()).as_bytes())?;
    }
    Ok(())
}

/// The question's vector, where meaning is asked for and can be had. Words alone still answer, so only
/// an encoder that was asked for by name is worth an error.
fn vector(args: &QueryArgs, bundle: &Bundle, text: &str) -> Result<Option<Vec<f32>>> {
    if args.mode == ModeArg::Keyword {
        return Ok(None);
    }
    match QueryEncoder::for_bundle(bundle, args.encoder.as_deref()) {
        Ok(encoder) => Ok(encoder.map(|mut encoder| encoder.encode(text))),
        Err(error) if args.encoder.is_some() => Err(error),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "warning: {error:#}; answering by words alone");
            Ok(None)
        }
    }
}

fn render(response: &Response, text: &str, seconds: f64, style: Style) -> String {
    let mut out = String::new();
    if response.results.is_empty() {
        let _ = writeln!(out, "Nothing answers {text:?}.");
    }
    for (number, page) in (1..).zip(&response.results) {
        render_page(&mut out, number, page, style);
    }
    let mode = match response.mode {
        Mode::Hybrid => "words and meaning",
        Mode::Semantic => "meaning",
        Mode::Keyword => "words",
    };
    let pages = term::counted(response.results.len() as u64, "page");
    let _ =
        writeln!(out, "{}", style.dim(&format!("{pages} by {mode} in {}", term::seconds(seconds))));
    for degraded in &response.degraded {
        let _ = writeln!(out, "{}", style.dim(&format!("missing: {degraded}")));
    }
    out
}

fn render_page(out: &mut String, number: usize, page: &PageResult, style: Style) {
    let mut title = style.bold(&page.title);
    if !page.heading.is_empty() && page.heading != page.title {
        let _ = write!(title, " › {}", page.heading);
    }
    let score = style.dim(&format!("{:.2}", page.score));
    let _ = writeln!(out, "{number:>2}  {score}  {title}");
    let anchor = page.anchor.as_ref().map(|anchor| format!("#{anchor}")).unwrap_or_default();
    let _ = writeln!(out, "          {}", style.dim(&format!("{}{anchor}", page.url)));
    let excerpt = excerpt(&page.excerpt, style);
    if !excerpt.is_empty() {
        let _ = writeln!(out, "          {excerpt}");
    }
    for section in &page.sub_results {
        let url = style.dim(&section.url);
        let _ = writeln!(out, "          · {}  {url}", section.title);
    }
    out.push('\n');
}

/// One line, words that were asked for in bold.
fn excerpt(segments: &[Segment], style: Style) -> String {
    let flat = |text: &str| text.replace(['\n', '\t'], " ");
    let parts = segments.iter().map(|segment| match segment.marked {
        true => style.bold(&flat(&segment.text)),
        false => flat(&segment.text),
    });
    parts.collect::<String>().trim().to_owned()
}
