//! Lists what the binary carries in itself, where it is there when the binary is compiled: the browser
//! engine (`dist/engine/`, made by `npm run build`) and the default encoder in both its forms, with its token table (`models/`).

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The default encoder's files: what each is called in the code, and what it is.
const ENCODERS: [(&str, &str, &str); 3] = [
    ("ENCODER", "encoder.safetensors", "The default encoder, for passages."),
    ("QUERY_ENCODER", "query.safetensors", "Its small form, for questions."),
    ("TABLE", "table.safetensors", "Its token table, for questions that are looked up."),
];
const MODEL: &str = "models/all-MiniLM-L6-v2";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SEXTANT_ENGINE_DIR");
    // A relative one is relative to the workspace; joining an absolute one gives just that.
    let engine = env::var_os("SEXTANT_ENGINE_DIR").unwrap_or_else(|| "dist/engine".into());
    let engine = root.join(engine);

    let mut code = String::new();
    writeln!(code, "/// Files of the browser engine, by name.")?;
    writeln!(code, "pub const ENGINE: &[(&str, &[u8])] = &[")?;
    for file in files(&engine)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.canonicalize()?)?;
    }
    writeln!(code, "];")?;
    for (name, file, what) in ENCODERS {
        let encoder = root.join(MODEL).join(file);
        writeln!(code, "/// {what}")?;
        if encoder.is_file() {
            println!("cargo::rerun-if-changed={}", encoder.display());
            let path = encoder.canonicalize()?;
            writeln!(code, "pub const {name}: Option<&[u8]> = Some(include_bytes!({path:?}));")?;
        } else {
            watch(&encoder);
            writeln!(code, "pub const {name}: Option<&[u8]> = None;")?;
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("carried.rs");
    fs::write(out, code)?;
    Ok(())
}

/// The files of a flat directory, by name; none where there is no such directory.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !directory.is_dir() {
        watch(directory);
        return Ok(Vec::new());
    }
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().and_then(|n| n.to_str()).is_none_or(|n| n.starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Runs again when `path` appears. Cargo takes a path that is not there for changed each time, so until
/// then the command is compiled at every build: better than one that lacks the engine made meanwhile.
fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
