//! What site generators add to Markdown, turned into Markdown: MDX (imports, exports, components,
//! comments), admonitions (`:::note`, `!!! note`), tabs (`=== "Name"`), and template tags.
//!
//! Only the marks go; the text that they are around stays. Code is left alone.

/// Longest tag that is taken for one; beyond that `<` is taken as it stands.
const LONGEST_TAG: usize = 4_000;

/// Markdown that a plain parser understands. Gives text without any of these marks back unchanged, but
/// for its line ends.
pub(super) fn to_plain(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut prose = String::new();
    let mut fence: Option<Fence> = None;
    let mut esm = false;
    // Indents of the `!!!` blocks that the line is in; their content is 4 deeper.
    let mut blocks: Vec<usize> = Vec::new();
    for line in markdown.lines() {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        blocks.retain(|block| blank || indent >= block + 4);
        let line = line.get((4 * blocks.len()).min(indent)..).unwrap_or(line);
        if let Some(open) = fence {
            push_line(&mut out, line);
            fence = (!open.ends(line)).then_some(open);
            continue;
        }
        if let Some(open) = Fence::starts(line) {
            out.push_str(&without_tags(&std::mem::take(&mut prose)));
            push_line(&mut out, line);
            fence = Some(open);
            continue;
        }
        esm = !blank && (esm || is_esm(line));
        if esm {
            continue;
        }
        if let Some(title) = block_title(line) {
            blocks.push(indent);
            push_line(&mut prose, "");
            push_line(&mut prose, title);
            push_line(&mut prose, "");
        } else if let Some(title) = container_title(line) {
            push_line(&mut prose, "");
            push_line(&mut prose, title);
            push_line(&mut prose, "");
        } else {
            push_line(&mut prose, line);
        }
    }
    out.push_str(&without_tags(&prose));
    out
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// A fence of backticks or tildes.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    fn starts(line: &str) -> Option<Self> {
        // Inside a list item a fence is indented.
        let line = line.trim_start().trim_start_matches(['>', ' ']);
        let line = line.strip_prefix(['-', '*']).map_or(line, str::trim_start);
        let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = line.chars().take_while(|char| *char == mark).count();
        let info = line.get(length..).unwrap_or_default();
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self { mark, length })
    }

    fn ends(self, line: &str) -> bool {
        let line = line.trim_start().trim_start_matches(['>', ' ']).trim_end();
        line.chars().all(|char| char == self.mark) && line.len() >= self.length
    }
}

/// Whether a line starts an `import` or `export` of MDX, which goes on to the next blank line.
fn is_esm(line: &str) -> bool {
    if let Some(rest) = line.strip_prefix("import ") {
        let from = rest.contains(" from '") || rest.contains(" from \"");
        return from || rest.starts_with(['{', '\'', '"']);
    }
    line.strip_prefix("export ").is_some_and(|rest| {
        let word = rest.split([' ', '{', '(']).next().unwrap_or_default();
        matches!(word, "const" | "let" | "var" | "function" | "async" | "class" | "default" | "")
            && rest.contains(['=', '(', '{'])
    })
}

/// The title of `!!! note "Title"`, `???+ tip` or `=== "Tab"`: its content is indented.
fn block_title(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = ["!!! ", "??? ", "???+ ", "=== "].iter().find_map(|mark| line.strip_prefix(mark))?;
    let quoted = rest.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
    Some(quoted.map_or("", |(title, _)| title))
}

/// The title of `:::note Title` or `:::note[Title]`; nothing for the closing `:::`.
fn container_title(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix(":::")?.trim_start_matches(':').trim_start();
    let name_end = rest.find(|char: char| !char.is_alphanumeric() && char != '-');
    let title = name_end.and_then(|end| rest.get(end..)).unwrap_or_default().trim();
    let bracketed = title.strip_prefix('[').and_then(|title| title.split_once(']'));
    Some(bracketed.map_or(title, |(title, _)| title))
        .map(|title| if title.starts_with('{') { "" } else { title })
}

/// `text` without component tags, `{/* comments */}` and template tags, but for those in code spans.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '<', '{']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = match from.as_bytes().first() {
            Some(b'`') => {
                let length = code_span(from);
                out.push_str(from.get(..length).unwrap_or_default());
                length
            }
            Some(b'<') => component_tag(from).unwrap_or(0),
            _ => template_tag(from).unwrap_or(0),
        };
        if length == 0 {
            let char = from.chars().next().map_or(1, char::len_utf8);
            out.push_str(from.get(..char).unwrap_or_default());
            rest = from.get(char..).unwrap_or_default();
        } else {
            rest = from.get(length..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Bytes of the code span that `text` starts with, or of its backticks if nothing closes them.
fn code_span(text: &str) -> usize {
    let ticks = text.bytes().take_while(|byte| *byte == b'`').count();
    let paragraph = text.find("\n\n").unwrap_or(text.len());
    let mut at = ticks;
    while let Some(found) = text.get(at..paragraph).and_then(|rest| rest.find('`')) {
        let start = at + found;
        let run = text.bytes().skip(start).take_while(|byte| *byte == b'`').count();
        at = start + run;
        if run == ticks {
            return at;
        }
    }
    ticks
}

/// Bytes of `<Name …>`, `</Name>`, `<>` or `</>` at the start of `text`. Attributes may hold strings
/// and braces with anything in them.
fn component_tag(text: &str) -> Option<usize> {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
    if name.starts_with('>') {
        return Some(text.len() - name.len() + 1);
    }
    if !name.starts_with(|char: char| char.is_ascii_uppercase()) {
        return None;
    }
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_');
    let after = name.trim_start_matches(is_name);
    if !after.starts_with(|char: char| char.is_whitespace() || matches!(char, '/' | '>')) {
        return None;
    }
    let start = text.len() - after.len();
    let (mut braces, mut quote) = (0_usize, None);
    for (at, char) in after.char_indices().take(LONGEST_TAG) {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(char),
            (None, '{') => braces += 1,
            (None, '}') => braces = braces.saturating_sub(1),
            (None, '>') if braces == 0 => return Some(start + at + 1),
            _ => {}
        }
    }
    None
}

/// Bytes of `{/* … */}`, `{{< … >}}`, `{{% … %}}` or `{% … %}` at the start of `text`.
fn template_tag(text: &str) -> Option<usize> {
    const TAGS: [(&str, &str); 4] = [("{/*", "*/}"), ("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    let (open, close) = TAGS.iter().find(|(open, _)| text.starts_with(open))?;
    let end = text.get(open.len()..)?.find(close)?;
    Some(open.len() + end + close.len())
}
