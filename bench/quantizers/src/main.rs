//! Ours and other ways to code vectors, side by side on real vectors.
//!
//!   `sextant-quantizers [DIR] [--json FILE]`
//!
//! DIR holds what `node bench/scan/vectors.mjs` wrote, `.cache/scan` by default. Prints a table in Markdown.

mod error;
mod input;
mod measure;
mod quantizers;

use error::Error;
use input::Input;
use measure::{Report, Row};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let (mut dir, mut json) = (None, None);
    while let Some(arg) = args.next() {
        match &arg[..] {
            "--json" => json = Some(args.next().map(PathBuf::from).ok_or(Error::Usage)?),
            _ if arg.starts_with('-') || dir.is_some() => return Err(Error::Usage),
            _ => dir = Some(PathBuf::from(arg)),
        }
    }
    let input = Input::read(&dir.unwrap_or_else(|| PathBuf::from(".cache/scan")))?;
    let (vectors, width, queries) = (input.vectors(), input.width, input.queries());
    println!(
        "{vectors} vectors of {width} dimensions, {} questions and {} held-out passages\n",
        input.questions,
        queries - input.questions
    );
    println!(
        "| quantizer | bytes | shared | recall@10, questions | passages | cosine off by | ns, median | min |"
    );
    println!("|{}", "---|".repeat(8));
    let rows = measure::all(&input, &mut quantizers::all(width)?, print)?;
    if let Some(path) = json {
        let report =
            Report { vectors, dimensions: width, questions: input.questions, queries, rows };
        let text = serde_json::to_vec_pretty(&report)
            .map_err(|source| Error::Json { path: path.clone(), source })?;
        std::fs::write(&path, text).map_err(|source| Error::Io { path, source })?;
    }
    Ok(())
}

fn print(row: &Row) {
    let Row { quantizer, bytes, shared_bytes, .. } = row;
    println!(
        "| {quantizer} | {bytes} | {shared_bytes} | {:.1} % | {:.1} % | {:.4} | {:.0} | {:.0} |",
        100.0 * row.recall_questions,
        100.0 * row.recall_passages,
        row.cosine_error,
        row.ns_median,
        row.ns_min,
    );
}
