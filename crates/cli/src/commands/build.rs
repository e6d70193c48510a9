//! `sextant build`: sources into a bundle.

use crate::carried::{self, Container, EngineFile};
use crate::device::{self, Device};
use crate::dir_sink::DirSink;
use crate::disk_cache::{self, DiskCache};
use crate::failure::{BROKEN_PAGES, Failure, USAGE};
use crate::progress::{Chatter, Meter};
use crate::query_encoder::QueryEncoder;
use crate::sources::{self, Documents, Files, Globs, Reading};
use crate::summary::{Outcome, Summary};
use crate::vector_args::VectorArgs;
use crate::vector_files::given::{self, GivenVectors};
use crate::vector_files::{self, VectorTable};
use anyhow::Result;
use clap::{Args, ValueHint};
use sextant_build::{
    BuildError, ChunkOptions, Chunking, ContainerEncoder, EncoderFiles, FileBudget, MOST_FILES,
    NoCache, Options, PassageEncoder, ReadyVectors, Sink, VectorCache, VectorOptions, build,
};
use sextant_encoder::{Encoder, TokenTable};
use sextant_source::html::HtmlOptions;
use sextant_source::markdown::MarkdownOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Passages that each core gets of a call to the encoder: enough to share out evenly, and few enough
/// that the progress bar moves every second or two.
const BATCH_A_CORE: usize = 24;
/// The bundle's directory in a site, where -o says no other.
const DEFAULT_OUTPUT: &str = "sextant";

/// Build a bundle: turn a site into files that answer questions
///
/// SOURCE is a directory of HTML as a site generator leaves it, a directory of Markdown, or a JSON Lines file with a record
/// a line (id, url, title, text, meta). Several may be given and mixed. Vectors are cached, so a second build encodes only
/// what changed; two builds of the same input are the same byte for byte.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sextant build public                              a site; the bundle goes to public/sextant
  sextant build docs -o dist/search --base-url /docs/
  sextant build public --glob '!tags/**' --exclude '.sidebar'
  sextant build pages.jsonl -o out --words-only
  sextant build pages.jsonl -o out --vectors vectors.parquet

Every flag can stand in ./sextant.toml (`exclude = [\".sidebar\"]`, `source = [\"public\"]`) or in the environment (SEXTANT_EXCLUDE, several values with `;` between them). The command line wins over the environment, and that over the file.")]
pub struct BuildArgs {
    /// What to index: directories, and files of HTML, Markdown or JSON Lines
    #[arg(value_name = "SOURCE", id = "source", value_hint = ValueHint::AnyPath)]
    source: Vec<PathBuf>,
    /// Directory of the bundle [default: sextant/ in the first SOURCE, if that is a directory]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// Configuration file instead of ./sextant.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Files to read, relative to SOURCE; `!PATTERN` leaves out; repeatable [default: all HTML, else all Markdown]
    #[arg(long, value_name = "PATTERN", help_heading = "What is read")]
    glob: Vec<String>,
    /// Only what is inside this element of a page counts (CSS selector)
    #[arg(long, value_name = "SELECTOR", help_heading = "What is read")]
    root_selector: Option<String>,
    /// Index just these elements of a page (CSS selector); repeatable [default: the main content is found]
    #[arg(long, value_name = "SELECTOR", help_heading = "What is read")]
    include: Vec<String>,
    /// Leave these elements of a page out (CSS selector); repeatable
    #[arg(long, value_name = "SELECTOR", help_heading = "What is read")]
    exclude: Vec<String>,
    /// Count the alternative text of images as text
    #[arg(long, help_heading = "What is read")]
    image_alt: bool,

    /// Put this in front of every page's URL, such as `/docs/` or `https://example.org/`
    #[arg(long, value_name = "URL", help_heading = "What is indexed")]
    base_url: Option<String>,
    /// Keep `index.html` in URLs instead of ending them with `/`
    #[arg(long, help_heading = "What is indexed")]
    keep_index_url: bool,
    /// Give `guide/install.md` the URL /guide/install.html instead of /guide/install/
    #[arg(long, help_heading = "What is indexed")]
    html_urls: bool,
    /// Language of the words, such as `de` [default: the one that most pages name, else en]
    #[arg(long, value_name = "TAG", help_heading = "What is indexed")]
    language: Option<String>,
    /// Let readers filter and sort by this key of the metadata, beside those that pages mark; `!KEY` leaves one out; repeatable [default: keys that group pages, or whose values are numbers or dates]
    #[arg(long, value_name = "KEY", help_heading = "What is indexed")]
    filter: Vec<String>,
    /// A passage is not cut shorter than this where its section has more
    #[arg(long, value_name = "N", default_value_t = ChunkOptions::default().min_words, help_heading = "What is indexed")]
    min_words: usize,
    /// A passage is not longer than this unless one sentence is
    #[arg(long, value_name = "N", default_value_t = ChunkOptions::default().max_words, help_heading = "What is indexed")]
    max_words: usize,

    /// Encoder of passages (a container that `sextant model import` wrote) [default: the one inside this command]
    #[arg(long, value_name = "FILE", help_heading = "Meaning")]
    encoder: Option<PathBuf>,
    /// Encoder that readers fetch for their questions, of the same weights (`sextant model quantize`) [default: the small form
    /// inside this command; with --encoder that one]
    #[arg(long, value_name = "FILE", help_heading = "Meaning")]
    query_encoder: Option<PathBuf>,
    /// Token table, so that readers without the encoder search by meaning too (`sextant model fit-table`) [default: the one
    /// inside this command, if it predicts the encoder]
    #[arg(long, value_name = "FILE", help_heading = "Meaning")]
    table: Option<PathBuf>,
    /// No vectors: the bundle answers by words alone
    #[arg(long, help_heading = "Meaning")]
    words_only: bool,
    /// Ready-made vectors (.npy, Parquet or JSON Lines): one a document, or a passage as `sextant export` wrote them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "words_only", help_heading = "Meaning")]
    vectors: Option<PathBuf>,
    /// Fingerprint of the encoder that made them, where the file does not say it
    #[arg(long, value_name = "HEX", requires = "vectors", help_heading = "Meaning")]
    vectors_fingerprint: Option<String>,
    /// Directory of the encoder's files, relative to the bundle; ../encoder is shared by bundles side by side
    #[arg(long, value_name = "PATH", default_value = "encoder", help_heading = "Meaning")]
    encoder_path: String,
    /// Do not write the encoder's files; readers then get words alone
    #[arg(long, help_heading = "Meaning")]
    no_encoder_files: bool,
    /// What encodes passages
    #[arg(
        long,
        value_name = "DEVICE",
        value_enum,
        hide_possible_values = true,
        default_value_t,
        help_heading = "Meaning"
    )]
    device: Device,
    /// Directory of the vector cache [default: the user's cache directory]
    #[arg(long, value_name = "DIR", help_heading = "Meaning")]
    cache: Option<PathBuf>,
    /// Neither read nor write cached vectors
    #[arg(long, overrides_with = "cache", help_heading = "Meaning")]
    no_cache: bool,

    #[command(flatten)]
    codes: VectorArgs,

    /// Browser engine from this directory [default: the one inside this command]
    #[arg(long, value_name = "DIR", help_heading = "The rest")]
    engine: Option<PathBuf>,
    /// Do not write the browser engine into the bundle
    #[arg(long, overrides_with = "engine", help_heading = "The rest")]
    no_engine: bool,
    /// Files of the bundle at most, for hosts that cap them: shards grow with the site to keep it
    #[arg(long, value_name = "N", default_value_t = MOST_FILES, value_parser = clap::value_parser!(u32).range(100..), help_heading = "The rest")]
    max_files: u32,
    /// Fail (exit code 3) if a page could not be read
    #[arg(long, help_heading = "The rest")]
    strict: bool,
    /// Cores to use [default: all]
    #[arg(short, long, value_name = "N", help_heading = "The rest")]
    jobs: Option<usize>,
    /// Say nothing but warnings and errors
    #[arg(short, long, overrides_with = "verbose", help_heading = "The rest")]
    quiet: bool,
    /// List the pages that were left out, with the reason
    #[arg(short, long, help_heading = "The rest")]
    verbose: bool,
    /// Print the report as JSON
    #[arg(long, help_heading = "The rest")]
    json: bool,
}

/// Builds the bundle and says what came of it.
pub fn run(args: &BuildArgs) -> Result<ExitCode> {
    check(args)?;
    let output = output(args)?;
    if let Some(jobs) = args.jobs {
        rayon::ThreadPoolBuilder::new().num_threads(jobs.max(1)).build_global()?;
    }
    // What can be missing is looked for before the work begins.
    let engine = if args.no_engine { Vec::new() } else { carried::engine(args.engine.as_deref())? };
    let container = match args.words_only {
        true => None,
        false => Some(carried::encoder(args.encoder.as_deref())?),
    };
    let for_device = container.clone().filter(|_| args.device != Device::Cpu);
    let encoder = match container {
        Some(container) => Some(ContainerEncoder::open(&container.file, container.bytes)?),
        None => None,
    };
    let for_readers = match &encoder {
        Some(encoder) if !args.no_encoder_files => Some(for_readers(args, encoder.encoder())?),
        _ => None,
    };

    let table = match &encoder {
        Some(encoder) => table(args, encoder.encoder())?,
        None => None,
    };
    let ready = match (&args.vectors, &encoder) {
        (Some(path), Some(encoder)) => Some(read_vectors(args, path, encoder)?),
        _ => None,
    };

    let on_device = match (&encoder, for_device) {
        (Some(encoder), Some(Container { file, bytes })) if ready.is_none() => {
            device::open(args.device, encoder, &file, bytes)?
        }
        _ => None,
    };

    let chatter = if args.quiet || args.json { Chatter::Silent } else { Chatter::Normal };
    let mut meter = Meter::new(chatter);
    let documents = read_sources(args, &output, &mut meter)?;
    let given = ready.map(|ready| GivenVectors::new(ready, &documents.documents)).transpose()?;
    let encoder: Option<&dyn PassageEncoder> = match (&on_device, &encoder) {
        (Some(device), _) => Some(device),
        (None, Some(encoder)) => Some(encoder),
        (None, None) => None,
    };
    let identity = encoder.map(|e| (e.identity(), e.dimensions()));
    let without_cache = args.no_cache || given.is_some();
    let mut cache = open_cache(args.cache.as_deref(), without_cache, identity);
    let mut options = options(args, for_readers.as_ref(), given.as_ref())?;
    options.table = table.as_ref();
    let mut sink = DirSink::open(&output)?;
    let report = build(
        &documents.documents,
        encoder,
        &mut *cache,
        &options,
        &mut Placed::new(&mut sink, &engine),
        &mut meter,
    )
    .map_err(|error| explain(error, args, &documents, given.as_ref()))?;
    sink.remove_stale()?;
    warn(given.and_then(|given| given.unused(&documents.documents)));
    let summary = Summary {
        output: &output,
        site: args.source.first().filter(|source| source.is_dir()).map(PathBuf::as_path),
        base_url: args.base_url.as_deref(),
        outcome: Outcome::new(report, &documents, &engine, meter.stages),
    };
    tell(args, &summary)?;
    Ok(match documents.trouble.broken.len() {
        broken if broken > 0 && args.strict => {
            let pages = crate::term::counted(broken as u64, "page");
            let _ = writeln!(
                std::io::stderr(),
                "error: {pages} could not be read, and --strict is given"
            );
            ExitCode::from(BROKEN_PAGES)
        }
        _ => ExitCode::SUCCESS,
    })
}

/// The encoder that readers fetch; its vectors belong to those of `passages`.
fn for_readers(args: &BuildArgs, passages: &Encoder) -> Result<Container> {
    let container = carried::query_encoder(args.query_encoder.as_deref(), args.encoder.as_deref())?;
    QueryEncoder::open(container.clone())?.check_beside(passages)?;
    Ok(container)
}

/// The token table that predicts `passages`, if there is one.
fn table(args: &BuildArgs, passages: &Encoder) -> Result<Option<TokenTable>> {
    let container = match &args.table {
        Some(file) => carried::table(Some(file))?,
        // Whoever compiled the command without one does without.
        None => match carried::table(None) {
            Ok(container) => container,
            Err(_) => return Ok(None),
        },
    };
    let table = TokenTable::open_named(&container.file, container.bytes)?;
    let fits = table.fingerprint() == passages.fingerprint();
    if !fits && args.table.is_some() {
        let file = &container.file;
        let what = format!("{file}: it predicts another encoder than {}", passages.name());
        let hint = "fit one to this encoder with `sextant model fit-table`, or leave --table out";
        return Err(Failure::new(what).hint(hint).into());
    }
    Ok(fits.then_some(table))
}

fn check(args: &BuildArgs) -> Result<()> {
    let usage = |what: String, hint: &str| Err(Failure::new(what).hint(hint).code(USAGE).into());
    if args.source.is_empty() {
        return usage(
            "no SOURCE given".to_owned(),
            "name the directory of your site: `sextant build public`; `sextant help build` has more",
        );
    }
    if args.max_words == 0 || args.min_words > args.max_words {
        let what = format!(
            "--min-words {} and --max-words {} leave no passage",
            args.min_words, args.max_words
        );
        return usage(what, "the defaults are 60 and 150");
    }
    let directory = args.encoder_path.trim_end_matches('/');
    let inside = directory.trim_start_matches("../");
    let below = if directory.starts_with("..") {
        inside.split('/').next() == Some("encoder")
    } else {
        true
    };
    let plain = !inside.is_empty()
        && inside.split('/').all(|part| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        });
    if !(below && plain) {
        let what =
            format!("--encoder-path {}: not a place that readers would look in", args.encoder_path);
        return usage(
            what,
            "use a name such as `encoder`, or `../encoder` for one that several bundles share",
        );
    }
    Ok(())
}

fn output(args: &BuildArgs) -> Result<PathBuf> {
    if let Some(output) = &args.output {
        return Ok(output.clone());
    }
    match args.source.first() {
        Some(source) if !source.is_file() => Ok(source.join(DEFAULT_OUTPUT)),
        _ => Err(Failure::new("no output directory given, and the first SOURCE is a file")
            .hint("say where the bundle goes: -o DIR")
            .code(USAGE)
            .into()),
    }
}

fn read_sources(args: &BuildArgs, output: &Path, meter: &mut Meter) -> Result<Documents> {
    let globs = Globs::new(&args.glob)?;
    let found: Vec<Files> = args
        .source
        .iter()
        .map(|source| sources::find(source, &globs, output))
        .collect::<Result<_>>()?;
    let count: usize = found.iter().map(|files| files.inputs.len()).sum();
    if count == 0 {
        let names: Vec<String> =
            args.source.iter().map(|source| source.display().to_string()).collect();
        let hint = match args.glob.is_empty() {
            true => {
                "give the directory that your site generator writes, such as public, _site or dist"
            }
            false => "no file matches --glob; patterns are relative to SOURCE",
        };
        let what = format!("{}: no HTML, Markdown or JSON Lines files", names.join(", "));
        return Err(Failure::new(what).hint(hint).into());
    }
    let reading = Reading {
        html: HtmlOptions {
            root: args.root_selector.clone(),
            include: args.include.clone(),
            exclude: args.exclude.clone(),
            keep_index_url: args.keep_index_url,
            image_alt: args.image_alt,
        },
        markdown: MarkdownOptions { clean_urls: !args.html_urls },
        base_url: args.base_url.clone(),
    };
    meter.begin("read", "file", count as u64);
    let documents = sources::read(found, &reading, &mut |count| meter.step(count))?;
    meter.end();
    Ok(documents)
}

/// Reads `--vectors` and checks that they are the encoder's.
fn read_vectors(args: &BuildArgs, path: &Path, encoder: &ContainerEncoder) -> Result<VectorTable> {
    let table = vector_files::read(path)?;
    warn(given::check_encoder(&table, args.vectors_fingerprint.as_deref(), encoder)?);
    Ok(table)
}

fn warn(warning: Option<String>) {
    if let Some(warning) = warning {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
}

fn options<'a>(
    args: &BuildArgs,
    for_readers: Option<&'a Container>,
    given: Option<&'a GivenVectors>,
) -> Result<Options<'a>> {
    let chunks = ChunkOptions {
        min_words: args.min_words,
        max_words: args.max_words,
        ..ChunkOptions::default()
    };
    let files = for_readers.map(|container| EncoderFiles {
        container: &container.bytes,
        directory: args.encoder_path.trim_end_matches('/').to_owned(),
    });
    // A vector of a whole document is the vector of one passage.
    let whole = given.is_some_and(GivenVectors::of_documents);
    Ok(Options {
        chunking: if whole { Chunking::Whole } else { Chunking::Passages(chunks) },
        ready: given.map(|given| given as &dyn ReadyVectors),
        language: args.language.clone(),
        filters: args.filter.clone(),
        encoder_files: files,
        codes: VectorOptions { files: FileBudget::of(args.max_files), ..args.codes.options()? },
        batch: BATCH_A_CORE * rayon::current_num_threads(),
        ..Options::default()
    })
}

/// Puts the engine's files in front of the manifest, which comes last.
struct Placed<'a> {
    sink: &'a mut DirSink,
    engine: &'a [EngineFile],
}

impl<'a> Placed<'a> {
    fn new(sink: &'a mut DirSink, engine: &'a [EngineFile]) -> Self {
        Self { sink, engine }
    }
}

impl Sink for Placed<'_> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> std::io::Result<()> {
        if path == sextant_core::manifest::FILE {
            for (name, bytes) in self.engine {
                self.sink.put(&format!("engine/{name}"), bytes)?;
            }
        }
        self.sink.put(path, bytes)
    }
}

/// Says what to do about a build that failed, where the builder cannot know.
fn explain(
    error: BuildError,
    args: &BuildArgs,
    documents: &Documents,
    given: Option<&GivenVectors>,
) -> anyhow::Error {
    match (&error, given) {
        (BuildError::NoVector { missing, passages, document, passage }, Some(given)) => {
            given.lacks(*missing, *passages, document, passage).into()
        }
        (BuildError::Empty { .. }, _) => {
            let reasons = documents.trouble.reasons();
            let what = format!("nothing to index: none of the pages read has text{reasons}");
            let chosen = args.root_selector.is_some() || !args.include.is_empty();
            let hint = match chosen {
                true => "do --root-selector and --include name elements that your pages have?",
                false => "`sextant build -v` lists why each page was left out",
            };
            Failure::new(what).hint(hint).into()
        }
        _ => error.into(),
    }
}

fn tell(args: &BuildArgs, summary: &Summary<'_>) -> Result<()> {
    summary.warn(args.quiet || args.json);
    if args.json {
        let mut stdout = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut stdout, &summary.outcome)?;
        writeln!(stdout)?;
    } else if !args.quiet {
        std::io::stdout().lock().write_all(summary.render(args.verbose).as_bytes())?;
    }
    Ok(())
}

/// The cache of an encoder (identity and dimensions). A cache that cannot be opened is done without,
/// with a warning: it only saves time.
pub fn open_cache(
    directory: Option<&Path>,
    none: bool,
    encoder: Option<(&str, usize)>,
) -> Box<dyn VectorCache> {
    let (Some((identity, dimensions)), false) = (encoder, none) else { return Box::new(NoCache) };
    let Some(directory) = directory.map(Path::to_path_buf).or_else(disk_cache::default_directory)
    else {
        return Box::new(NoCache);
    };
    match DiskCache::open(&directory, identity, dimensions) {
        Ok(cache) => Box::new(cache),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "warning: no vectors are cached: {error:#}");
            Box::new(NoCache)
        }
    }
}
