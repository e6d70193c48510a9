//! `cargo xtask wasm`: cargo, then wasm-bindgen as a library, then wasm-opt from npm.
//!
//! What has not changed since the last run is not done again: a stamp beside each module holds the
//! recipe and the checksum of what cargo made.

use crate::error::XtaskError;
use crate::modules::{BENCHES, MODULES, Module, Packing, Simd};
use crate::repo::Repo;
use crate::{imports, traps};
use lzma_rust2::{LzmaOptions, LzmaWriter};
use std::fs;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// Raised by hand when the steps after cargo change, so that the stamps of older ones do not match.
const RECIPE: u32 = 6;

/// The wasm features that wasm-opt may meet: what rustc turns on by default, and SIMD.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Functions with one caller stay functions. A module gets longer and packs a fifteenth smaller: functions stay like each other,
/// and the numbers of their locals small.
const KEEP_FUNCTIONS: &str = "--one-caller-inline-max-function-size=0";

/// Builds every module into `target/wasm/<name>/`, all at once: link-time optimisation, which is most of
/// the work, uses one core a module.
///
/// `names`: of the modules to build; none for all that ship.
pub fn build(repo: &Repo, names: &[String]) -> Result<(), XtaskError> {
    let known = || MODULES.iter().chain(BENCHES);
    let named = |name: &String| known().find(|module| module.name == name);
    let wanted: Option<Vec<&Module>> = match names {
        [] => Some(MODULES.iter().collect()),
        names => names.iter().map(named).collect(),
    };
    let wanted = wanted.ok_or(XtaskError::Usage)?;
    std::thread::scope(|scope| {
        let builds: Vec<_> =
            wanted.into_iter().map(|module| scope.spawn(|| build_one(repo, module))).collect();
        builds
            .into_iter()
            .try_for_each(|build| build.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    MODULES.iter().try_for_each(|module| compare_glue(repo, module))
}

/// Holds `module`'s glue equal to that of the module that is loaded in its place, where both are built.
fn compare_glue(repo: &Repo, module: &Module) -> Result<(), XtaskError> {
    let first = module.glue();
    let glue = |of: &Module| {
        let file = repo.at(&format!("target/wasm/{}/{}.js", of.name, first.stem));
        let text = file.is_file().then(|| fs::read_to_string(&file)).transpose();
        text.map_err(XtaskError::io(&file)).map(|text| (file, text))
    };
    let ((_, expected), (path, found)) = (glue(first)?, glue(module)?);
    let (Some(expected), Some(found)) = (expected, found) else { return Ok(()) };
    if found == expected {
        return Ok(());
    }
    let what = format!("not the glue of {}, which is loaded for both", first.name);
    Err(XtaskError::Content { path, what })
}

fn build_one(repo: &Repo, module: &Module) -> Result<(), XtaskError> {
    let started = Instant::now();
    let compiled = compile(repo, module)?;
    let how = finish(repo, module, &compiled)?;
    let file = file_of(repo, module);
    let kilobytes = fs::metadata(&file).map_err(XtaskError::io(&file))?.len() as f64 / 1e3;
    let seconds = started.elapsed().as_secs_f64();
    println!("wasm: {:<14} {kilobytes:>7.1} KB   {how}   {seconds:.1} s", module.name);
    Ok(())
}

/// The module's wasm as it ships.
fn file_of(repo: &Repo, module: &Module) -> PathBuf {
    repo.at(&format!("target/wasm/{}/{}_bg.wasm", module.name, module.stem))
}

/// Runs cargo and gives the path of the wasm it made.
fn compile(repo: &Repo, module: &Module) -> Result<PathBuf, XtaskError> {
    const TARGET: &str = "wasm32-unknown-unknown";
    // One directory for each set of flags, or each build would throw away the other's crates.
    let dir = match module.simd {
        Simd::None => repo.target_dir().join("scalar"),
        Simd::Plain => repo.target_dir(),
        Simd::Relaxed => repo.target_dir().join("relaxed"),
    };
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&repo.root)
        .args(["build", "--quiet", "--package", "sextant-wasm", "--lib", "--target", TARGET])
        .args(["--profile", module.profile, "--features", module.feature])
        .arg("--target-dir")
        .arg(&dir)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(repo, module).join("\u{1f}"))
        .status()
        .map_err(|source| XtaskError::Start {
            program: "cargo".into(),
            source,
            remedy: "install Rust from https://rustup.rs",
        })?;
    if !status.success() {
        let program = format!("cargo build of the wasm module {}", module.name);
        return Err(XtaskError::Failed { program, status });
    }
    Ok(dir.join(TARGET).join(module.profile).join("sextant_wasm.wasm"))
}

/// SIMD is asked for here, on the command, because a flag in a configuration file is easily lost.
/// Paths of this machine are cut out of panic messages: they cost bytes and differ by machine.
fn rustflags(repo: &Repo, module: &Module) -> Vec<String> {
    let mut flags = vec![format!("-Ctarget-feature={}", module.simd.target_feature())];
    let home = |variable: &str, below: &str| {
        std::env::var_os(variable).map(PathBuf::from).or_else(|| {
            let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))?;
            Some(Path::new(&home).join(below))
        })
    };
    if let Some(cargo) = home("CARGO_HOME", ".cargo") {
        flags.push(format!("--remap-path-prefix={}=cargo", cargo.display()));
    }
    if let Some(rustup) = home("RUSTUP_HOME", ".rustup") {
        flags.push(format!("--remap-path-prefix={}=rustup", rustup.display()));
    }
    flags.push(format!("--remap-path-prefix={}=.", repo.root.display()));
    flags
}

/// Generates the glue and shrinks the wasm, unless that was done for the same bytes before.
/// Gives what happened, for the line that is printed.
fn finish(repo: &Repo, module: &Module, compiled: &Path) -> Result<String, XtaskError> {
    let dir = repo.at("target/wasm").join(module.name);
    let stamp_file = dir.join(".stamp");
    let bytes = fs::read(compiled).map_err(XtaskError::io(compiled))?;
    let stamp = format!("{RECIPE} {module:?} {} {:08x}", bytes.len(), crc32fast::hash(&bytes));
    let done = file_of(repo, module);
    if done.is_file() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok("unchanged".into());
    }
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(XtaskError::io(&dir))?;
    }
    bindgen(module, bytes, &dir)?;
    // The wasm names the glue that it imports from, so it is made under that name.
    let made = dir.join(format!("{}_bg.wasm", module.glue().stem));
    fs::rename(&made, &done).map_err(XtaskError::io(&made))?;
    slim(&done, &dir.join(format!("{}.js", module.glue().stem)))?;
    let how = match module.optimise {
        Some(level) => optimise(repo, module, level, &done)?,
        None => "as compiled".into(),
    };
    if let Some(packing) = module.packing {
        pack(&done, packing)?;
    }
    fs::write(&stamp_file, stamp).map_err(XtaskError::io(&stamp_file))?;
    Ok(how)
}

/// Puts the wasm `file` beside it as `.wasmz`: as gzip by zopfli, which makes it a twentieth smaller than zlib's best, or as
/// LZMA in the form that `web/src/modules/lzma.ts` reads.
fn pack(file: &Path, packing: Packing) -> Result<(), XtaskError> {
    let bytes = fs::read(file).map_err(XtaskError::io(file))?;
    let packed = file.with_extension("wasmz");
    let out = match packing {
        Packing::Gzip => gzip(&bytes),
        Packing::Lzma => lzma(&bytes),
    };
    out.and_then(|out| fs::write(&packed, out)).map_err(XtaskError::io(&packed))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = vec![];
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes, &mut out)?;
    Ok(out)
}

fn lzma(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let best = LzmaOptions::with_preset(9);
    // Instructions have no alignment, so no code depends on its place.
    let options = LzmaOptions { pb: 0, nice_len: LzmaOptions::NICE_LEN_MAX, ..best };
    let mut writer = LzmaWriter::new_use_header(vec![], &options, Some(bytes.len() as u64))?;
    writer.write_all(bytes)?;
    writer.finish()
}

fn bindgen(module: &Module, bytes: Vec<u8>, dir: &Path) -> Result<(), XtaskError> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(module.glue().stem, bytes)
        .typescript(true)
        // The library says itself which build of the search module is to be loaded.
        .omit_default_module_path(module.feature == "search")
        .remove_name_section(false)
        .remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate_output())
        .and_then(|mut output| output.emit(dir))
        .map_err(|error| XtaskError::Bindgen { module: module.name, what: format!("{error:#}") })
}

/// Takes off the wasm `file` and its `glue` what wasm-opt cannot know to be of no use: what panics say, and names.
fn slim(file: &Path, glue: &Path) -> Result<(), XtaskError> {
    let wasm = fs::read(file).map_err(XtaskError::io(file))?;
    let script = fs::read_to_string(glue).map_err(XtaskError::io(glue))?;
    let slimmed = traps::bare(&wasm).and_then(|bare| imports::shorten(&bare, &script));
    let (wasm, script) = slimmed.map_err(|error| XtaskError::Content {
        path: file.to_path_buf(),
        what: format!("not a wasm module: {error}"),
    })?;
    fs::write(file, wasm).map_err(XtaskError::io(file))?;
    fs::write(glue, script).map_err(XtaskError::io(glue))
}

/// wasm-opt over the module's file, kept only if it is smaller: on hand-written kernels it can grow.
fn optimise(repo: &Repo, module: &Module, level: &str, file: &Path) -> Result<String, XtaskError> {
    let program = repo.at("node_modules/binaryen/bin/wasm-opt");
    if !program.is_file() {
        return Err(XtaskError::Missing { path: program, command: "npm ci" });
    }
    let smaller = file.with_extension("opt.wasm");
    let mut command = Command::new("node");
    command
        .arg(&program)
        .arg(file)
        .args([level, KEEP_FUNCTIONS, "-o"])
        .arg(&smaller)
        .args(FEATURES);
    match module.simd {
        Simd::None => &mut command,
        Simd::Plain => command.arg("--enable-simd"),
        Simd::Relaxed => command.args(["--enable-simd", "--enable-relaxed-simd"]),
    };
    let status = command.status().map_err(|source| XtaskError::Start {
        program: "node".into(),
        source,
        remedy: "install Node 20 or newer",
    })?;
    if !status.success() {
        let program = format!("wasm-opt on the wasm module {}", module.name);
        return Err(XtaskError::Failed { program, status });
    }
    let length =
        |path: &Path| fs::metadata(path).map(|meta| meta.len()).map_err(XtaskError::io(path));
    let (before, after) = (length(file)?, length(&smaller)?);
    if after < before {
        fs::rename(&smaller, file).map_err(XtaskError::io(file))?;
        Ok(format!("wasm-opt {level} saved {:.1} KB", (before - after) as f64 / 1e3))
    } else {
        fs::remove_file(&smaller).map_err(XtaskError::io(&smaller))?;
        Ok(format!("wasm-opt {level} would add {:.1} KB", (after - before) as f64 / 1e3))
    }
}
