//! `cargo xtask`: builds the wasm modules and checks what ships. The only build script.
//!
//! Every command works from the repository's root, writes below `target/` or `dist/` alone, and
//! says on its last line what came of it.

mod error;
mod imports;
mod modules;
mod repo;
mod sections;
mod simd;
mod sizes;
mod tidy;
mod traps;
mod wasm;

use error::XtaskError;
use repo::Repo;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  wasm [MODULE…]  build the wasm modules into target/wasm/: search, search-scalar,
                  encoder, encoder-relaxed
  sizes           sizes of everything that ships, held under budgets.json
  simd            check that the shipped modules have the SIMD instructions they claim, and no others
  tidy            check the rules of the house that no compiler knows
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words = words.split_first().map(|(command, rest)| (command.as_str(), rest));
    let outcome = Repo::find().and_then(|repo| match words {
        Some(("wasm", modules)) => wasm::build(&repo, modules),
        Some(("sizes", [])) => sizes::check(&repo),
        Some(("simd", [])) => simd::check(&repo),
        Some(("tidy", [])) => tidy::check(&repo),
        _ => Err(XtaskError::Usage),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(XtaskError::Usage) => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
