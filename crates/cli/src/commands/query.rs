//! `sextant query`: a question to a bundle, answered by the pipeline that browsers run.

use crate::bundle::{Bundle, block_on};
use crate::failure::{Failure, USAGE};
use crate::query_encoder::{INSTANT, QueryEncoder};
use crate::term::{self, Style};
use crate::vector_args::BudgetArgs;
use anyhow::Result;
use clap::{Args, ValueEnum};
use sextant_search::{
    Counts, Filter, Index, Mode, PageResult, Query, Response, SearchError, Segment, Sort,
};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Values of a facet that are shown.
const MOST_VALUES: usize = 20;

/// Ask a bundle a question, as a reader would in the browser
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sextant query public \"how do I stop a download\"
  sextant query public/sextant with_capacity --mode keyword --json
  sextant query public tides --where 'lang = en and (year >= 2020 or not draft = true)' --facets tag
  sextant query public --where 'tag in (sea, \"north pole\")' --sort date:desc

A filter compares the pages' metadata: = and != with a value, <, <=, > and >= with a number or a date (2024, 2024-05, 2024-05-17), `in (a, b)` and `between a and b`; and, or, not and parentheses. `sextant inspect` lists the keys. Without WORDS every page that passes is listed.")]
pub struct QueryArgs {
    /// The bundle, or the site that holds it in `sextant/`
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The question; \"quoted words\" must stand next to each other
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// Only pages whose metadata passes, such as 'lang = rust and year >= 2020'
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Count the pages that answer by the values of these keys
    #[arg(long, value_name = "KEY,…", value_delimiter = ',')]
    facets: Vec<String>,
    /// Sort by a key of the metadata instead of by score; `date:desc` puts the highest first
    #[arg(long, value_name = "KEY[:desc]")]
    sort: Option<String>,
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
    #[command(flatten)]
    budget: BudgetArgs,
    /// Encoder of the question instead of the bundle's own, or `instant`: its words are looked up, as readers have it first
    #[arg(long, value_name = "FILE|instant")]
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
    let text = args.words.join(" ");
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let sort = args.sort.as_deref().map(sort).transpose()?;
    let lists = filter.is_some() || sort.is_some() || !args.facets.is_empty();
    if text.trim().is_empty() && !lists {
        return Err(Failure::new("no WORDS given, and nothing to list pages by")
            .hint("give a question, or --where, --sort or --facets")
            .code(USAGE)
            .into());
    }
    let bundle = Bundle::open(&args.bundle)?;
    let vector = if text.trim().is_empty() { None } else { vector(args, &bundle, &text)? };
    let index = Index::open(bundle.shards(), bundle.manifest)?;
    let query = Query {
        text,
        filter,
        sort,
        facets: args.facets.clone(),
        mode: args.mode.into(),
        limit: usize::from(args.limit),
        typing: args.typing,
        cut_off: !args.no_cut_off,
        rescore: args.rescore,
        budget: args.budget.bytes(),
        ..Query::default()
    };
    block_on(index.check(&query)).map_err(explained)?;
    let began = Instant::now();
    let response = block_on(index.search(&query, vector.as_deref()))?;
    let took = began.elapsed().as_secs_f64();
    let mut stdout = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut stdout, &response)?;
        writeln!(stdout)?;
    } else {
        stdout.write_all(render(&response, &query, took, Style::stdout()).as_bytes())?;
    }
    Ok(())
}

/// `--where`.
fn filter(text: &str) -> Result<Filter> {
    let hint = "such as: lang = rust and (year >= 2020 or not draft = true)";
    let fault = |error| Failure::new(format!("--where: {error}")).hint(hint).code(USAGE).into();
    Filter::parse(text).map_err(fault)
}

/// `--sort`.
fn sort(text: &str) -> Result<Sort> {
    Sort::parse(text).ok_or_else(|| {
        let failure = Failure::new(format!("--sort {text}: no key"));
        failure.hint("such as: --sort date:desc").code(USAGE).into()
    })
}

/// What to do about a question that the bundle's metadata cannot answer.
fn explained(error: SearchError) -> anyhow::Error {
    match &error {
        SearchError::Filter(_) => Failure::new(error.to_string())
            .hint("`sextant inspect` lists what can be filtered by; `sextant build --filter KEY` adds to it")
            .code(USAGE)
            .into(),
        _ => error.into(),
    }
}

/// The question's vector, where meaning is asked for and can be had. Words alone still answer, so only
/// an encoder that was asked for by name is worth an error.
fn vector(args: &QueryArgs, bundle: &Bundle, text: &str) -> Result<Option<Vec<f32>>> {
    if args.mode == ModeArg::Keyword
        || args.encoder.as_deref().is_some_and(|e| e == Path::new(INSTANT))
    {
        return Ok(None);
    }
    match QueryEncoder::for_bundle(bundle, args.encoder.as_deref()) {
        Ok(encoder) => Ok(encoder.and_then(|mut encoder| encoder.encode(text))),
        Err(error) if args.encoder.is_some() => Err(error),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "warning: {error:#}; answering without an encoder");
            Ok(None)
        }
    }
}

fn render(response: &Response, query: &Query, seconds: f64, style: Style) -> String {
    let mut out = String::new();
    let listed = query.text.trim().is_empty();
    if response.results.is_empty() {
        let nothing = match listed {
            true => "No page passes.".to_owned(),
            false => format!("Nothing answers {:?}.", query.text),
        };
        let _ = writeln!(out, "{nothing}");
    }
    for (number, page) in (1..).zip(&response.results) {
        render_page(&mut out, number, page, style);
    }
    let mode = match response.mode {
        Mode::Hybrid => "words and meaning",
        Mode::Semantic => "meaning",
        Mode::Keyword => "words",
    };
    for key in &query.facets {
        if let Some(counts) = response.facets.get(key) {
            render_facet(&mut out, key, counts, style);
        }
    }
    let shown = response.results.len() as u64;
    let pages = match response.total.map(u64::from).filter(|total| *total > shown) {
        Some(total) => format!("{} of {}", term::count(shown), term::counted(total, "page")),
        None => term::counted(shown, "page"),
    };
    let by = if listed { String::new() } else { format!(" by {mode}") };
    let _ = writeln!(out, "{}", style.dim(&format!("{pages}{by} in {}", term::seconds(seconds))));
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

/// A line: the values that most pages have, the rest counted.
fn render_facet(out: &mut String, key: &str, facet: &Counts, style: Style) {
    let mut values: Vec<&(String, u32)> = facet.0.iter().collect();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown = values.iter().take(MOST_VALUES);
    let mut cells: Vec<String> = shown.map(|(value, count)| format!("{value} ({count})")).collect();
    if values.len() > MOST_VALUES {
        cells.push(format!("and {} more", values.len() - MOST_VALUES));
    }
    let cells = if cells.is_empty() { "none".to_owned() } else { cells.join(", ") };
    let _ = writeln!(out, "{}: {cells}", style.bold(key));
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
