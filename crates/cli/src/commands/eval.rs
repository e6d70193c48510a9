//! `sextant eval`: how well questions are answered, on labelled collections and on real sites.

use crate::bundle::Bundle;
use crate::carried::{self, Container};
use crate::commands::build::open_cache;
use crate::eval::collection::Collection;
use crate::eval::questions::{self, UNANSWERABLE};
use crate::eval::site::{self, Asked, Miss, SiteScores};
use crate::eval::{MODES, dataset};
use crate::failure::{Failure, USAGE};
use crate::progress::{Chatter, Meter};
use crate::query_encoder::{INSTANT, QueryEncoder};
use crate::term::{self, Table};
use crate::vector_args::{BudgetArgs, VectorArgs};
use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};
use sextant_build::{ContainerEncoder, PassageEncoder};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Measure how well questions are answered
///
/// Either on a labelled collection in the BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv): nDCG@10, Recall@10,
/// Recall@100 and MRR@10. Or on a built site with a file of questions: success among the first 1, 3 and 10 pages and MRR@10,
/// a kind of question each. Both run the pipeline that answers readers, in keyword, semantic and hybrid mode.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sextant eval --dataset data/scifact
  sextant eval --dataset data/scifact --encoder minilm-f32.safetensors --json
  sextant eval --site public --questions questions.jsonl --misses")]
pub struct EvalArgs {
    /// A collection in the BEIR layout
    #[arg(long, value_name = "DIR", conflicts_with = "site", required_unless_present = "site")]
    dataset: Option<PathBuf>,
    /// A bundle, or a site that holds one in `sextant/`
    #[arg(long, value_name = "BUNDLE", requires = "questions")]
    site: Option<PathBuf>,
    /// Questions to the site: a line each with `id`, `q`, `kind`, `pages`, `anchors`
    #[arg(long, value_name = "FILE", requires = "site")]
    questions: Option<PathBuf>,
    /// Encoder, or `instant`: questions are looked up in a token table, as readers have it first [default: the one inside this
    /// command; for a site the bundle's own]
    #[arg(long, value_name = "FILE|instant")]
    encoder: Option<PathBuf>,
    /// Token table of `--encoder instant` [default: the one inside this command]
    #[arg(long, value_name = "FILE", requires = "encoder")]
    table: Option<PathBuf>,
    /// Encoder of a collection's questions alone [default: the small form inside this command; with --encoder that one]
    #[arg(long, value_name = "FILE", conflicts_with = "site")]
    query_encoder: Option<PathBuf>,
    /// Measure keyword search alone, without an encoder
    #[arg(long)]
    words_only: bool,
    /// Send a collection's documents through the chunker; the best passage of a document counts
    #[arg(long)]
    passages: bool,
    /// Language of the collection's words [default: en]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Weight of meaning in hybrid mode, 0 to 1 [default: chosen for each question]
    #[arg(long, value_name = "SHARE")]
    meaning: Option<f32>,
    #[command(flatten)]
    codes: VectorArgs,
    /// Score the nearest passages again by finer codes
    #[arg(long)]
    rescored: bool,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Count pages of a site even if none of them answers the question
    #[arg(long)]
    no_cut_off: bool,
    /// Show the questions to a site that hybrid search misses among its first three pages
    #[arg(long)]
    misses: bool,
    /// Directory of the vector cache [default: the user's cache directory]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Neither read nor write cached vectors
    #[arg(long, overrides_with = "cache")]
    no_cache: bool,
    /// Print the measures as JSON, shares from 0 to 1
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
    /// Configuration file instead of ./sextant.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl EvalArgs {
    /// The token table, if questions are to be looked up.
    fn instant(&self) -> Result<Option<QueryEncoder>> {
        match self.encoder.as_deref() {
            Some(encoder) if encoder == Path::new(INSTANT) => {
                QueryEncoder::open_table(carried::table(self.table.as_deref())?).map(Some)
            }
            _ if self.table.is_some() => {
                let failure = Failure::new("--table goes with `--encoder instant`");
                Err(failure.code(USAGE).into())
            }
            _ => Ok(None),
        }
    }
}

/// Measures and prints.
pub fn run(args: &EvalArgs) -> Result<()> {
    if let Some(meaning) = args.meaning
        && !(0.0..=1.0).contains(&meaning)
    {
        return Err(Failure::new(format!("--meaning {meaning}: not within 0 to 1"))
            .code(USAGE)
            .into());
    }
    let text = match (&args.dataset, &args.site, &args.questions) {
        (Some(dataset), None, _) => on_dataset(args, dataset)?,
        (None, Some(site), Some(questions)) => on_site(args, site, questions)?,
        _ => {
            let failure =
                Failure::new("give --dataset DIR, or --site BUNDLE with --questions FILE");
            return Err(failure.code(USAGE).into());
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn on_dataset(args: &EvalArgs, directory: &Path) -> Result<String> {
    let collection = Collection::read(directory)?;
    let open = |container: Container| ContainerEncoder::open(&container.file, container.bytes);
    let instant = args.instant()?;
    let (encoder, query_encoder) = match (args.words_only, &instant) {
        (true, _) => (None, None),
        (false, Some(instant)) => {
            let encoder = open(carried::encoder(None)?)?;
            instant.check_beside(encoder.encoder())?;
            (Some(encoder), None)
        }
        (false, None) => {
            let encoder = open(carried::encoder(args.encoder.as_deref())?)?;
            let chosen = args.encoder.as_deref();
            let questions = carried::query_encoder(args.query_encoder.as_deref(), chosen)?;
            QueryEncoder::open(questions.clone())?.check_beside(encoder.encoder())?;
            (Some(encoder), Some(open(questions)?))
        }
    };
    let identity = encoder.as_ref().map(|e| (e.identity(), e.dimensions()));
    let mut cache = open_cache(args.cache.as_deref(), args.no_cache, identity);
    let setup = dataset::Setup {
        encoder: encoder.as_ref(),
        query_encoder: query_encoder.as_ref(),
        table: instant.as_ref().and_then(QueryEncoder::table),
        passages: args.passages,
        meaning: args.meaning,
        language: args.language.clone(),
        codes: args.codes.options()?,
        rescored: args.rescored,
        budget: args.budget.bytes(),
    };
    let chatter = if args.quiet || args.json { Chatter::Silent } else { Chatter::Normal };
    let scores = dataset::measure(&collection, &setup, &mut *cache, &mut Meter::new(chatter))?;
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let encoder_name = encoder.as_ref().map(|encoder| encoder.name().to_owned());
    if args.json {
        let mut out = json!({
            "dataset": name,
            "documents": collection.entries.len(),
            "queries": collection.questions.len(),
            "encoder": encoder_name,
            "passages": args.passages,
        });
        for (key, means) in &scores {
            out[*key] = json!(means.values());
        }
        return Ok(format!("{out:#}\n"));
    }
    let documents = term::counted(collection.entries.len() as u64, "document");
    let queries = term::count(collection.questions.len() as u64);
    let mut out = format!("{name}: {documents}, {queries} queries");
    if let Some(name) = encoder_name {
        let _ = write!(out, ", encoder {name}");
    }
    out.push_str("\n\n");
    let keys = ["ndcg@10", "recall@10", "recall@100", "mrr@10"];
    let mut table = Table::new(1);
    table.row(["", "nDCG@10", "Recall@10", "Recall@100", "MRR@10"]);
    for (mode, _) in MODES {
        let Some(means) = scores.get(mode) else { continue };
        let cells = keys.iter().map(|key| percent(means.get(key)));
        table.row(std::iter::once(mode.to_owned()).chain(cells));
    }
    out.push_str(&table.render("  "));
    Ok(out)
}

fn on_site(args: &EvalArgs, site: &Path, file: &Path) -> Result<String> {
    let questions = questions::read(file)?;
    let bundle = Bundle::open(site)?;
    let encoder = match (args.words_only, args.instant()?) {
        (true, _) => None,
        (false, Some(instant)) => Some(instant.fitting(&bundle)?),
        (false, None) => QueryEncoder::for_bundle(&bundle, args.encoder.as_deref())?,
    };
    let asked = Asked {
        cut_off: !args.no_cut_off,
        meaning: args.meaning,
        rescored: args.rescored,
        budget: args.budget.bytes(),
    };
    let scores = site::measure(bundle, &questions, encoder, &asked)?;
    if args.json {
        let mut out = Map::new();
        for (key, scores) in &scores {
            out.insert((*key).to_owned(), site_json(scores));
        }
        return Ok(format!("{:#}\n", Value::Object(out)));
    }
    let mut out = String::new();
    for (mode, _) in MODES {
        let Some(scores) = scores.get(mode) else { continue };
        let _ = writeln!(out, "{mode}\n{}", site_table(scores).render("  "));
    }
    if args.misses
        && let Some(hybrid) = scores.get("hybrid").or_else(|| scores.get("keyword"))
    {
        hybrid.misses.iter().for_each(|miss| render_miss(&mut out, miss));
    }
    Ok(out)
}

fn site_json(scores: &SiteScores) -> Value {
    let mut value = json!(scores.all.values());
    let kinds = scores.kinds.iter().map(|(kind, means)| {
        let mut of_kind = json!(means.values());
        of_kind["questions"] = json!(scores.counts.get(kind));
        (kind.clone(), of_kind)
    });
    value["kinds"] = Value::Object(kinds.collect());
    value["questions"] = json!(scores.counts.values().sum::<u32>());
    value
}

fn site_table(scores: &SiteScores) -> Table {
    let keys = ["success@1", "success@3", "success@10", "mrr@10", "anchor@1"];
    let mut table = Table::new(1);
    table.row(["questions", "", "success@1", "@3", "@10", "MRR@10", "anchor@1"]);
    for (kind, means) in scores.kinds.iter().filter(|(kind, _)| *kind != UNANSWERABLE) {
        let count = scores.counts.get(kind).copied().unwrap_or(0);
        let cells = keys.iter().map(|key| percent(means.get(key)));
        table.row([kind.clone(), count.to_string()].into_iter().chain(cells));
    }
    let answerable = scores.counts.iter().filter(|(kind, _)| *kind != UNANSWERABLE);
    let count: u32 = answerable.map(|(_, count)| count).sum();
    let cells = keys.iter().map(|key| percent(scores.all.get(key)));
    table.row(["all answerable".to_owned(), count.to_string()].into_iter().chain(cells));
    if let Some(share) = scores.all.get("nothing_returned") {
        let count = scores.counts.get(UNANSWERABLE).copied().unwrap_or(0);
        let cells = [
            UNANSWERABLE.to_owned(),
            count.to_string(),
            format!("{} returned nothing", percent(Some(share))),
        ];
        table.row(cells);
    }
    table
}

fn render_miss(out: &mut String, miss: &Miss) {
    let rank = miss.rank.map_or("not among ten".to_owned(), |rank| format!("at {rank}"));
    let question = &miss.question;
    let _ = writeln!(out, "{} [{}] {}: {rank}", question.id, question.kind, question.text);
    let _ = writeln!(out, "    wanted {}", question.pages.join(", "));
    for (section, score) in &miss.shown {
        let _ = writeln!(out, "    {score:.2}   {section}");
    }
}

/// Shares as the literature prints them: of a hundred, one digit.
fn percent(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.1}", share * 100.0))
}
