//! What stands before the text of a Markdown file: YAML between `---` or TOML between `+++`.

use std::collections::BTreeMap;

use yaml_rust2::{Yaml, YamlLoader};

use crate::{SourceError, path as paths};

/// Keys that are metadata of the page: what generators agree on.
const META: [&str; 10] = [
    "description",
    "tags",
    "categories",
    "date",
    "lastmod",
    "updated",
    "author",
    "authors",
    "series",
    "keywords",
];

/// What a file says about itself. Keys that are not known are left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    pub(super) title: Option<String>,
    pub(super) language: Option<String>,
    /// [`META`].
    pub(super) meta: BTreeMap<String, Vec<String>>,
    /// A draft, or not to be indexed.
    pub(super) hidden: bool,
    /// The whole URL.
    url: Option<String>,
    /// The last part of the URL, or all of it if it starts with `/`.
    slug: Option<String>,
}

impl FrontMatter {
    /// Splits a file into its front matter and the rest.
    pub(super) fn split<'t>(text: &'t str, file: &str) -> Result<(Self, &'t str), SourceError> {
        for (fence, format) in [("---", "YAML"), ("+++", "TOML")] {
            let Some((inner, rest)) = fenced(text, fence) else { continue };
            let fault = |reason| SourceError::FrontMatter { file: file.to_owned(), format, reason };
            let fields = if format == "YAML" { yaml(inner) } else { toml(inner) };
            return Ok((Self::of(fields.map_err(fault)?), rest));
        }
        Ok((Self::default(), text))
    }

    fn of(fields: Vec<(String, Vec<String>)>) -> Self {
        let mut front_matter = Self::default();
        for (key, values) in fields {
            let first = values.first().filter(|value| !value.trim().is_empty()).cloned();
            let is_true = first.as_deref() == Some("true");
            match key.as_str() {
                "title" => front_matter.title = first,
                "lang" | "language" => front_matter.language = first,
                "url" | "permalink" => front_matter.url = first,
                "slug" => front_matter.slug = first,
                "draft" | "noindex" => front_matter.hidden |= is_true,
                _ if first.is_some() && META.contains(&key.as_str()) => {
                    front_matter.meta.insert(key, values);
                }
                _ => {}
            }
        }
        front_matter
    }

    /// The page's URL: what the front matter says, else by the file's `path`.
    pub(super) fn url(&self, path: &str, clean: bool) -> String {
        // `/:year/:title/` is a pattern that only its generator can fill.
        let is_pattern = |url: &str| url.replace("://", "").contains(':');
        if let Some(url) = self.url.as_deref().filter(|url| !is_pattern(url)) {
            return rooted(url);
        }
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let is_index = matches!(stem, "index" | "_index") || stem.eq_ignore_ascii_case("readme");
        let part = match self.slug.as_deref() {
            Some(slug) if slug.starts_with('/') => return rooted(slug),
            Some(slug) => slug.trim_end_matches('/'),
            None if is_index => return paths::directory_url(directory),
            None => stem,
        };
        let whole = if directory.is_empty() { part.into() } else { format!("{directory}/{part}") };
        match clean {
            true => paths::directory_url(&whole),
            false => format!("/{}.html", paths::encoded(&whole)),
        }
    }
}

fn rooted(url: &str) -> String {
    let absolute = url.contains("://") || url.starts_with('/');
    if absolute { url.to_owned() } else { format!("/{url}") }
}

/// The lines between a first line that is `fence` and the next one, and what follows that.
fn fenced<'t>(text: &'t str, fence: &str) -> Option<(&'t str, &'t str)> {
    let rest = text.strip_prefix(fence)?;
    let (first, inner) = rest.split_once('\n')?;
    if !first.trim().is_empty() {
        return None;
    }
    let mut at = 0;
    for line in inner.split_inclusive('\n') {
        if line.trim_end() == fence {
            return Some((inner.get(..at)?, inner.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}

fn yaml(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.into_iter().next() {
        None | Some(Yaml::Null) => Ok(Vec::new()),
        Some(Yaml::Hash(fields)) => Ok(fields
            .into_iter()
            .filter_map(|(key, value)| Some((yaml_text(&key)?, yaml_texts(&value))))
            .collect()),
        Some(_) => Err("no keys and values".into()),
    }
}

fn yaml_texts(value: &Yaml) -> Vec<String> {
    match value {
        Yaml::Array(values) => values.iter().filter_map(yaml_text).collect(),
        single => yaml_text(single).into_iter().collect(),
    }
}

fn yaml_text(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) | Yaml::Real(text) => Some(text.clone()),
        Yaml::Integer(number) => Some(number.to_string()),
        Yaml::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn toml(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let taxonomies = table.get("taxonomies").and_then(toml::Value::as_table);
    // Zola writes tags and categories one level down.
    let all = table.iter().chain(taxonomies.into_iter().flatten());
    Ok(all.map(|(key, value)| (key.clone(), toml_texts(value))).collect())
}

fn toml_texts(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::Array(values) => values.iter().flat_map(toml_texts).collect(),
        toml::Value::Table(_) => Vec::new(),
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Integer(number) => vec![number.to_string()],
        toml::Value::Float(number) => vec![number.to_string()],
        toml::Value::Boolean(yes) => vec![yes.to_string()],
        toml::Value::Datetime(time) => vec![time.to_string()],
    }
}
