//! Flags from three places that agree: command line over environment over `sextant.toml`.
//!
//! Every long flag `--root-selector` of a command in [`LAYERED`] is also the environment variable
//! `SEXTANT_ROOT_SELECTOR` and the key `root-selector` of the file; `SOURCE` is `source`. There is no
//! list to keep: keys come from the flags themselves, and values go through the flags' own parsers.

use crate::failure::{Failure, USAGE};
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The configuration file that is read when it is there.
pub const FILE: &str = "sextant.toml";
/// Commands whose flags can come from the file and the environment.
const LAYERED: [&str; 4] = ["build", "query", "serve", "eval"];
/// Flags that only make sense on the command line.
const NEVER: [&str; 3] = ["help", "version", "config"];

/// The values that one place gives to one key.
type Values = Vec<String>;

/// Where a process looks besides its command line. Taken apart so that tests need no process.
pub struct Surroundings {
    /// `SEXTANT_*` variables.
    pub variables: BTreeMap<String, String>,
    /// The working directory, where [`FILE`] is looked for.
    pub directory: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            name.starts_with("SEXTANT_").then_some((name, value.into_string().ok()?))
        });
        Self { variables: variables.collect(), directory: PathBuf::from(".") }
    }
}

/// Parses `argv` and fills what it leaves open from the environment, then from the file.
///
/// Warnings (a variable that nearly is a key) go to `warn`.
///
/// # Errors
/// A `clap::Error` for the command line itself (help and version too); a [`Failure`] for the file or
/// the environment.
pub fn layered(
    command: &Command,
    argv: &[OsString],
    around: &Surroundings,
    mut warn: impl FnMut(String),
) -> anyhow::Result<ArgMatches> {
    let matches = command.clone().try_get_matches_from(argv)?;
    let Some((name, given)) = matches.subcommand() else { return Ok(matches) };
    let name = name.to_owned();
    let Some(sub) = command.find_subcommand(&name).filter(|_| LAYERED.contains(&name.as_str()))
    else {
        return Ok(matches);
    };
    let keys = all_keys(command);
    let explicit = given.try_get_one::<PathBuf>("config").ok().flatten();
    let file = read_file(explicit.map(PathBuf::as_path), &around.directory, &keys)?;
    for variable in around.variables.keys() {
        warn_of_near_miss(variable, &keys, &mut warn);
    }

    let mut flags = Vec::new();
    let mut positionals = Vec::new();
    let mut origins = BTreeMap::new();
    for arg in sub.get_arguments().filter(|arg| is_layered(arg)) {
        if given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine) {
            continue;
        }
        let Some(key) = key_of(arg) else { continue };
        let variable = variable_of(&key);
        let (origin, values) = if let Some(value) = around.variables.get(&variable) {
            (variable, split(value, arg))
        } else if let Some(values) = file.values.get(&key) {
            let values = values.iter().map(|value| file.resolve(value, arg)).collect();
            (format!("{}: {key}", file.path.display()), values)
        } else {
            continue;
        };
        if takes_value(arg) {
            match arg.get_long() {
                Some(long) => flags.extend(values.iter().map(|v| format!("--{long}={v}"))),
                None => positionals.extend(values),
            }
        } else if switch(&origin, &values)? {
            flags.push(format!("--{key}"));
        }
        origins.insert(key, origin);
    }

    // Behind the command's name and so before what was typed, which may override it.
    let at =
        argv.iter().position(|arg| arg.to_str() == Some(&name)).map_or(argv.len(), |at| at + 1);
    let (head, tail) = argv.split_at(at);
    let owned = |list: Vec<String>| list.into_iter().map(OsString::from);
    let all = head.iter().cloned().chain(owned(flags)).chain(tail.iter().cloned());
    let all = all.chain(owned(positionals));
    command.clone().try_get_matches_from(all).map_err(|error| blame(&error, &origins).into())
}

/// `--root-selector` → `root-selector`; the positional `SOURCE` → `source`.
fn key_of(arg: &Arg) -> Option<String> {
    match arg.get_long() {
        Some(long) => Some(long.to_owned()),
        None if arg.is_positional() && arg.get_id() == "source" => Some("source".to_owned()),
        None => None,
    }
}

fn variable_of(key: &str) -> String {
    format!("SEXTANT_{}", key.to_uppercase().replace('-', "_"))
}

fn is_layered(arg: &Arg) -> bool {
    key_of(arg).is_some_and(|key| !NEVER.contains(&key.as_str()))
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// Every key of every command: a file is shared by all of them.
fn all_keys(command: &Command) -> Vec<String> {
    let subs = command.get_subcommands().filter(|sub| LAYERED.contains(&sub.get_name()));
    let args = subs.flat_map(Command::get_arguments).filter(|arg| is_layered(arg));
    let mut keys: Vec<String> = args.filter_map(key_of).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[derive(Default)]
struct File {
    path: PathBuf,
    values: BTreeMap<String, Values>,
}

impl File {
    /// A path in a file is relative to that file.
    fn resolve(&self, value: &str, arg: &Arg) -> String {
        let is_path =
            arg.get_value_parser().type_id() == clap::builder::ValueParser::path_buf().type_id();
        match self.path.parent() {
            Some(parent) if is_path && parent != Path::new(".") => {
                parent.join(value).to_string_lossy().into_owned()
            }
            _ => value.to_owned(),
        }
    }
}

fn read_file(explicit: Option<&Path>, directory: &Path, keys: &[String]) -> anyhow::Result<File> {
    let path = explicit.map_or_else(|| directory.join(FILE), Path::to_path_buf);
    let usage = |what: String| Failure::new(what).code(USAGE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if explicit.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(File::default());
        }
        Err(error) => return Err(usage(format!("{}: {error}", path.display())).into()),
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        usage(format!("{}: {}", path.display(), error.to_string().trim_end()))
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if !keys.contains(&key) {
            let failure = usage(format!("{}: unknown key `{key}`", path.display()));
            let nearest = nearest(&key, keys).map(|(nearest, _)| nearest).unwrap_or_default();
            return Err(failure
                .hint(format!("did you mean `{nearest}`? `sextant help build` lists all of them"))
                .into());
        }
        let list = match value {
            toml::Value::Array(items) => items,
            other => vec![other],
        };
        let texts: Option<Values> = list.into_iter().map(scalar).collect();
        let Some(texts) = texts else {
            let what = format!(
                "{}: `{key}` must be a string, a number, a boolean or a list of them",
                path.display()
            );
            return Err(usage(what).into());
        };
        values.insert(key, texts);
    }
    Ok(File { path, values })
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

/// A variable of a flag that may repeat holds several values, split at line breaks and semicolons
/// (commas are part of globs and selectors).
fn split(value: &str, arg: &Arg) -> Values {
    if !matches!(arg.get_action(), ArgAction::Append) {
        return vec![value.to_owned()];
    }
    let parts = value.split(['\n', ';']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn switch(origin: &str, values: &[String]) -> anyhow::Result<bool> {
    let value = values.first().map(|value| value.to_ascii_lowercase()).unwrap_or_default();
    match value.as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => {
            let what = format!("{origin}: `{value}` is neither true nor false");
            Err(Failure::new(what).code(USAGE).into())
        }
    }
}

fn nearest<'a>(key: &str, keys: &'a [String]) -> Option<(&'a str, usize)> {
    let scored = keys.iter().map(|known| (known.as_str(), strsim::damerau_levenshtein(key, known)));
    scored.min_by_key(|(_, distance)| *distance)
}

/// Other tools may have variables of our prefix, so an unknown one is no error; but one that is two
/// strokes from a key is likely a typing error.
fn warn_of_near_miss(variable: &str, keys: &[String], warn: &mut impl FnMut(String)) {
    let key = variable.trim_start_matches("SEXTANT_").to_lowercase().replace('_', "-");
    if let Some((near, distance)) = nearest(&key, keys)
        && (1..=2).contains(&distance)
        && key.len() > 4
    {
        warn(format!("{variable} is not read; did you mean {}?", variable_of(near)));
    }
}

/// The flags that were typed parsed before, so what does not parse now came from elsewhere.
fn blame(error: &clap::Error, origins: &BTreeMap<String, String>) -> Failure {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let arg = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(arg)) => arg.trim_start_matches("--").to_owned(),
        _ => String::new(),
    };
    let key = arg.split([' ', '=']).next().unwrap_or_default();
    let origin = origins.get(key).cloned();
    let origin = origin.unwrap_or_else(|| origins.values().cloned().collect::<Vec<_>>().join(", "));
    Failure::new(format!("{origin}: {first}")).code(USAGE)
}

#[cfg(test)]
mod tests;
