//! `sextant export`: the passages of a bundle and their vectors, for other engines.

use crate::bundle::Bundle;
use crate::failure::{Failure, USAGE};
use crate::term;
use crate::vector_files::given::text_sha256;
use crate::vector_files::jsonl::JsonLinesWriter;
use crate::vector_files::npy::NpyWriter;
use crate::vector_files::{Exported, ParquetWriter, PassageWriter};
use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use sextant_core::manifest::{CodesEntry, EncoderEntry, VectorsEntry};
use sextant_core::{BundleError, PageId, PassageId};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write the passages of a bundle and their vectors for other engines
///
/// Each passage is a row: id, url, title, language, trail (the headings above it), anchor, text, text_sha256, meta and
/// vector. Vectors are decoded from the bundle's codes. `sextant build --vectors` reads all three formats back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sextant export public --to parquet -o passages.parquet
  sextant export public --to npy -o vectors.npy       an array; all else goes to vectors.npy.ids.jsonl
  sextant export public --to jsonl | head -1
  sextant build public -o again --vectors passages.parquet")]
pub struct ExportArgs {
    /// The bundle, or the site that holds it in `sextant/`
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Format of the file
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Format,
    /// The file to write [default: standard output, for jsonl]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// What other engines read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For pandas, Polars, DuckDB and Arrow: a row a passage
    Parquet,
    /// For NumPy: a row a vector, and a JSON Lines file beside it with the rest
    Npy,
    /// An object a line
    Jsonl,
}

/// Writes every passage.
pub fn run(args: &ExportArgs) -> Result<()> {
    let bundle = Bundle::open(&args.bundle)?;
    let manifest = &bundle.manifest;
    let (Some(encoder), Some(vectors)) = (&bundle.front.encoder, &manifest.vectors) else {
        let what = format!("{}: no vectors in this bundle", bundle.directory.display());
        return Err(Failure::new(what).hint("build it without --words-only").into());
    };
    let output = args.output.as_deref();
    let mut writer = writer(args.to, output, &bundle, encoder, vectors)?;
    each_passage(&bundle, encoder, vectors, |passage| writer.add(passage))?;
    writer.finish()?;
    if let Some(output) = output {
        let passages = term::counted(u64::from(manifest.passages), "passage");
        let (file, width) = (output.display(), vectors.dimensions);
        let told = format!(
            "{file}: {passages} with vectors of {width} dimensions, decoded from {}\n",
            finest(vectors).planes.first().map_or("nothing", |plane| plane.code.as_str())
        );
        std::io::stdout().lock().write_all(told.as_bytes())?;
    }
    Ok(())
}

fn writer(
    format: Format,
    output: Option<&Path>,
    bundle: &Bundle,
    encoder: &EncoderEntry,
    vectors: &VectorsEntry,
) -> Result<Box<dyn PassageWriter>> {
    Ok(match (format, output) {
        (Format::Jsonl, output) => Box::new(JsonLinesWriter::new(output)?),
        (Format::Parquet, Some(path)) => {
            Box::new(ParquetWriter::new(path, (&encoder.name, &encoder.fingerprint))?)
        }
        (Format::Npy, Some(path)) => {
            let (rows, width) = (bundle.manifest.passages, vectors.dimensions);
            Box::new(NpyWriter::new(path, u64::from(rows), width as usize)?)
        }
        (_, None) => {
            return Err(Failure::new("no file to write")
                .hint("say where it goes: -o FILE")
                .code(USAGE)
                .into());
        }
    })
}

/// The codes that lose least.
fn finest(vectors: &VectorsEntry) -> &CodesEntry {
    vectors.rescore.as_ref().unwrap_or(&vectors.codes)
}

/// Hands over every passage in the order of the bundle. One shard of texts and one of vectors are in memory
/// at a time.
fn each_passage(
    bundle: &Bundle,
    encoder: &EncoderEntry,
    vectors: &VectorsEntry,
    mut each: impl FnMut(Exported) -> Result<()>,
) -> Result<()> {
    let width = vectors.dimensions as usize;
    let codes = finest(vectors);
    let basis = bundle.basis()?;
    let mut shards = codes.shards.iter();
    let mut rows: std::vec::IntoIter<f32> = Vec::new().into_iter();
    let mut counts: HashMap<PageId, u32> = HashMap::new();
    for shard in &bundle.manifest.texts {
        let texts = bundle.texts(shard)?;
        for id in shard.start..shard.start + shard.count {
            if rows.len() == 0
                && let Some(shard) = shards.next()
            {
                rows = bundle.decoded_vectors(codes, shard, basis.as_ref())?.into_iter();
            }
            let vector: Vec<f32> = rows.by_ref().take(width).collect();
            let Some((passage, page)) = texts.get(PassageId(id)).filter(|_| vector.len() == width)
            else {
                // Coverage was checked with the manifest, and each shard against it.
                let what = format!("passage {id} has no text or no vector");
                return Err(BundleError::content(&shard.file, what).into());
            };
            let number = counts.entry(passage.page).or_default();
            *number += 1;
            each(Exported {
                id: format!("{}:{number}", page.url),
                url: page.url.clone(),
                title: page.title.clone(),
                language: page.language.clone(),
                trail: passage.trail.clone(),
                anchor: passage.anchor.clone(),
                text: passage.text.clone(),
                text_sha256: text_sha256(&passage.encoded_text(&page.title)),
                meta: page.meta.clone(),
                fingerprint: encoder.fingerprint.clone(),
                vector,
            })?;
        }
    }
    Ok(())
}
