//! The small JSON files of sentence-transformers around a transformer: pooling, length, prompts.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Options, malformed, read_json, read_json_if_there, shown, unsupported};
use crate::config::Pooling;
use crate::error::EncoderError;

/// What happens before and after the transformer.
pub(super) struct Pipeline {
    pub(super) pooling: Pooling,
    pub(super) normalize: bool,
    pub(super) max_tokens: usize,
    pub(super) query_prefix: String,
    pub(super) passage_prefix: String,
}

/// Names under which prompts for queries and for passages are published, best first.
const QUERY_PROMPTS: [&str; 2] = ["query", "search_query"];
const PASSAGE_PROMPTS: [&str; 4] = ["passage", "document", "corpus", "search_document"];

/// Reads the files in `directory`, as far as they are there; `file` is what messages are about.
pub(super) fn read(
    file: &Path,
    directory: &Path,
    positions: usize,
    options: &Options,
) -> Result<Pipeline, EncoderError> {
    let modules = modules(directory)?;
    let pooling_config = directory.join(&modules.pooling).join("config.json");
    let published = read_pooling(&pooling_config)?;
    let pooling = options.pooling.or(published.as_ref().map(|published| published.pooling));
    let pooling = pooling.ok_or_else(|| EncoderError::Unsaid {
        file: shown(file),
        what: format!("no {} says how token vectors become one vector", shown(&pooling_config)),
        remedy: "pass `--pooling mean` or `--pooling cls`, as the encoder's authors say".to_owned(),
    })?;

    let prompts = Prompts::read(directory)?;
    let pipeline = Pipeline {
        pooling,
        normalize: modules.normalize,
        max_tokens: max_tokens(directory, positions, options)?,
        query_prefix: options.query_prefix.clone().unwrap_or_else(|| prompts.get(&QUERY_PROMPTS)),
        passage_prefix: options
            .passage_prefix
            .clone()
            .unwrap_or_else(|| prompts.get(&PASSAGE_PROMPTS)),
    };
    let prefixed = !(pipeline.query_prefix.is_empty() && pipeline.passage_prefix.is_empty());
    if prefixed && published.is_some_and(|published| !published.include_prompt) {
        let remedy = "pass `--query-prefix '' --passage-prefix ''` to encode without prompts";
        return Err(unsupported(
            &pooling_config,
            "pooling that leaves the prompt's tokens out",
            remedy,
        ));
    }
    Ok(pipeline)
}

struct Modules {
    pooling: PathBuf,
    normalize: bool,
}

fn modules(directory: &Path) -> Result<Modules, EncoderError> {
    let path = directory.join("modules.json");
    let mut modules = Modules { pooling: PathBuf::from("1_Pooling"), normalize: true };
    let Some(json) = read_json_if_there(&path, "the pipeline")? else { return Ok(modules) };
    let list = json.as_array().ok_or_else(|| malformed(&path, "it is not a list"))?;
    modules.normalize = false;
    for module in list {
        let kind = module.get("type").and_then(Value::as_str).unwrap_or("(none)");
        match kind.rsplit('.').next() {
            Some("Transformer") => {}
            Some("Pooling") => {
                if let Some(folder) = module.get("path").and_then(Value::as_str) {
                    modules.pooling = PathBuf::from(folder);
                }
            }
            Some("Normalize") => modules.normalize = true,
            _ => {
                let remedy = "import an encoder that ends in pooling and normalisation";
                return Err(unsupported(&path, format!("the module {kind}"), remedy));
            }
        }
    }
    Ok(modules)
}

struct PublishedPooling {
    pooling: Pooling,
    include_prompt: bool,
}

fn read_pooling(path: &Path) -> Result<Option<PublishedPooling>, EncoderError> {
    let Some(json) = read_json_if_there(path, "the pooling")? else { return Ok(None) };
    let mut modes: Vec<&str> = json
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| **value == Value::Bool(true))
        .filter_map(|(key, _)| key.strip_prefix("pooling_mode_"))
        .collect();
    modes.extend(json.get("pooling_mode").and_then(Value::as_str));
    let pooling = match modes.as_slice() {
        ["mean_tokens" | "mean"] => Pooling::Mean,
        ["cls_token" | "cls"] => Pooling::Cls,
        [] => return Err(malformed(path, "it names no pooling mode")),
        other => {
            let remedy = "import an encoder with mean or CLS pooling";
            return Err(unsupported(path, format!("pooling by {}", other.join(" and ")), remedy));
        }
    };
    let include_prompt = json.get("include_prompt").and_then(Value::as_bool).unwrap_or(true);
    Ok(Some(PublishedPooling { pooling, include_prompt }))
}

fn max_tokens(
    directory: &Path,
    positions: usize,
    options: &Options,
) -> Result<usize, EncoderError> {
    let path = directory.join("sentence_bert_config.json");
    let published = read_json_if_there(&path, "the longest text")?
        .and_then(|json| json.get("max_seq_length").and_then(Value::as_u64))
        .and_then(|length| usize::try_from(length).ok());
    let (file, asked) = match (options.max_tokens, published) {
        (Some(asked), _) => ("--max-tokens".to_owned(), asked),
        (None, Some(published)) => (shown(&path), published),
        (None, None) => return Ok(positions),
    };
    if (3..=positions).contains(&asked) {
        return Ok(asked);
    }
    let what = format!("texts of {asked} tokens where the encoder has 3 to {positions} positions");
    Err(EncoderError::Unsupported {
        file,
        what,
        remedy: format!("pass `--max-tokens {positions}` or less"),
    })
}

struct Prompts(Value);

impl Prompts {
    fn read(directory: &Path) -> Result<Self, EncoderError> {
        let path = directory.join("config_sentence_transformers.json");
        if path.exists() {
            read_json(&path, "the prompts").map(Self)
        } else {
            Ok(Self(Value::Null))
        }
    }

    /// The first prompt there is of these names, else the default prompt, else nothing.
    fn get(&self, names: &[&str]) -> String {
        let prompt = |name: &str| {
            self.0.get("prompts").and_then(|prompts| prompts.get(name)).and_then(Value::as_str)
        };
        let default = || self.0.get("default_prompt_name").and_then(Value::as_str).and_then(prompt);
        names.iter().find_map(|name| prompt(name)).or_else(default).unwrap_or_default().to_owned()
    }
}
