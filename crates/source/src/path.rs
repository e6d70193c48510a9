//! URLs out of file paths.

/// `path` with `/` between its parts and nothing in front: how a file is named in ids and messages.
pub(crate) fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.trim_start_matches("./").trim_start_matches('/').to_owned()
}

/// The site-relative URL of an HTML file: `x/index.html` is `/x/` unless `keep_index`.
pub(crate) fn html_url(path: &str, keep_index: bool) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file {
        "index.html" | "index.htm" if !keep_index => directory_url(directory),
        _ => format!("/{}", encoded(path)),
    }
}

/// The site-relative URL of a directory, given relative to the site's root.
pub(crate) fn directory_url(directory: &str) -> String {
    match directory {
        "" => "/".into(),
        directory => format!("/{}/", encoded(directory)),
    }
}

/// `path` with the characters that would end or change a URL's path percent-encoded. Letters of all
/// scripts are kept: browsers encode them, and people read them.
pub(crate) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for char in path.chars() {
        match char {
            ' ' | '"' | '#' | '%' | '<' | '>' | '?' | '`' | '{' | '}' | '\0'..='\x1f' | '\x7f' => {
                out.push_str(&format!("%{:02X}", u32::from(char)));
            }
            _ => out.push(char),
        }
    }
    out
}

/// A name for people out of a file's path: `guide/quick-start.md` is `quick start`, and an index file
/// has the name of its directory.
pub(crate) fn title(path: &str) -> String {
    let (rest, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    let directory = rest.rsplit('/').next().unwrap_or_default();
    let is_index = matches!(stem.to_ascii_lowercase().as_str(), "index" | "readme" | "");
    let name = if is_index && !directory.is_empty() { directory } else { stem };
    name.replace(['-', '_'], " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_file_has_the_url_of_its_directory() {
        assert_eq!(html_url("index.html", false), "/");
        assert_eq!(html_url("a/b/index.html", false), "/a/b/");
        assert_eq!(html_url("a/index.html", true), "/a/index.html");
        assert_eq!(html_url("a/reindex.html", false), "/a/reindex.html");
    }

    #[test]
    fn a_file_name_cannot_end_the_path_of_its_url() {
        assert_eq!(html_url("c#/100%?.html", false), "/c%23/100%25%3F.html");
        assert_eq!(html_url("für/index.html", false), "/für/");
    }

    #[test]
    fn a_path_of_another_system_is_made_normal() {
        assert_eq!(normal(".\\guide\\a.html"), "guide/a.html");
        assert_eq!(normal("/guide/a.html"), "guide/a.html");
    }

    #[test]
    fn a_file_without_a_title_is_named_by_its_path() {
        assert_eq!(title("guide/quick-start.md"), "quick start");
        assert_eq!(title("guide/index.html"), "guide");
        assert_eq!(title("index.html"), "index");
    }
}
