//! Files as people write them for site generators.

use proptest::prelude::*;
use sextant_core::Block;

use super::*;

fn read(text: &str) -> Document {
    parse(text.as_bytes(), "guide/quick-start.md", &MarkdownOptions::default()).unwrap().unwrap()
}

fn outline(document: &Document) -> String {
    let mut out = String::new();
    for section in &document.sections {
        let anchor = section.anchor.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
        out.push_str(&format!("{} {}{anchor}\n", section.level, section.heading));
        for block in &section.blocks {
            match block {
                Block::Prose(text) => out.push_str(&format!("  {text}\n")),
                Block::Code(text) => out.push_str(&format!("  |{}\n", text.replace('\n', "\n  |"))),
            }
        }
    }
    out
}

fn url(path: &str, text: &str, clean_urls: bool) -> String {
    parse(text.as_bytes(), path, &MarkdownOptions { clean_urls }).unwrap().unwrap().url
}

#[test]
fn headings_have_the_ids_that_github_gives_them() {
    let page = read(
        "# Row, row!\n\nGo.\n\n## The `oar` — part_2\na\n## Use {#use-it}\nb\n## Use\nc\n## Use\nd\n## 漕ぐ\ne",
    );
    assert_eq!(page.title, "Row, row!");
    assert_eq!(
        outline(&page),
        "1 Row, row! #row-row\n  Go.\n2 The oar — part_2 #the-oar--part_2\n  a\n2 Use #use-it\n  b\n2 Use #use\n  c\n\
         2 Use #use-1\n  d\n2 漕ぐ #漕ぐ\n  e\n"
    );
}

#[test]
fn text_code_tables_and_html_are_read() {
    let page = read(
        "Hold *it* **firm**ly, see [the guide](g.md \"t\").\nThen pull.[^n]\n\n- one\n- two\n\n```sh\nrow --hard\n\n  rest\n```\n\n\
         | Oar | Use |\n|---|---|\n| left | port |\n\n<details><summary>More</summary>\n\nHidden <kbd>X</kbd>.\n\n</details>\n<!-- no -->\n\n[^n]: A note.\n",
    );
    assert_eq!(
        outline(&page),
        "0 \n  Hold it firmly, see the guide. Then pull.\n  one\n  two\n  |row --hard\n  |\n  |  rest\n  Oar | Use\n  left | port\n  More\n  Hidden X.\n  1\n  A note.\n"
    );
    assert_eq!(page.title, "quick start");
}

#[test]
fn front_matter_of_both_kinds_is_read() {
    let yaml = "---\ntitle: 'Row: a guide'\ndescription: How.\ntags: [boats, 2]\nlang: de\nslug: rudern\nweight: {a: 1}\n---\n# Other\n\nText.";
    let toml = "+++\ntitle = \"Row: a guide\"\ndescription = 'How.'\nlang = 'de'\nslug = 'rudern'\n[taxonomies]\ntags = ['boats', '2']\n+++\n# Other\n\nText.";
    for text in [yaml, toml] {
        let page = read(text);
        assert_eq!((page.title.as_str(), page.url.as_str()), ("Row: a guide", "/guide/rudern/"));
        assert_eq!(page.language.as_deref(), Some("de"));
        assert_eq!(
            (page.meta["description"].as_slice(), page.meta["tags"].as_slice()),
            (["How.".to_owned()].as_slice(), ["boats".to_owned(), "2".to_owned()].as_slice())
        );
        assert_eq!(outline(&page), "1 Other #other\n  Text.\n");
    }
}

#[test]
fn a_rule_at_the_start_is_no_front_matter() {
    assert_eq!(outline(&read("---\n\nText.")), "0 \n  Text.\n");
}

#[test]
fn broken_front_matter_is_an_error_that_names_the_file() {
    let error =
        parse(b"---\ntitle: [a\n---\nText.", "a.md", &MarkdownOptions::default()).unwrap_err();
    assert!(
        matches!(error, SourceError::FrontMatter { ref file, format: "YAML", .. } if file == "a.md")
    );
    let error = parse(b"+++\ntitle = \n+++\n", "a.md", &MarkdownOptions::default()).unwrap_err();
    assert!(matches!(error, SourceError::FrontMatter { format: "TOML", .. }));
    let error = parse(b"---\n- a\n---\n", "a.md", &MarkdownOptions::default()).unwrap_err();
    assert!(matches!(error, SourceError::FrontMatter { .. }));
}

#[test]
fn drafts_and_empty_files_give_nothing_and_a_title_alone_gives_a_page() {
    let none =
        |text: &str| parse(text.as_bytes(), "a.md", &MarkdownOptions::default()).unwrap().is_none();
    assert!(none("---\ndraft: true\n---\nText."));
    assert!(none("") && none("<!-- x -->"));
    let page = read("---\ntitle: Oars\n---\n");
    assert_eq!(
        (page.title.as_str(), page.url.as_str(), page.sections.len()),
        ("Oars", "/guide/quick-start/", 0)
    );
}

#[test]
fn urls_follow_the_path_unless_the_front_matter_says_otherwise() {
    assert_eq!(url("guide/install.md", "x", true), "/guide/install/");
    assert_eq!(url("guide/install.md", "x", false), "/guide/install.html");
    assert_eq!(url("guide/v1.2.md", "x", false), "/guide/v1.2.html");
    for index in ["guide/index.md", "guide/README.md", "guide/_index.md", "guide/index.mdx"] {
        assert_eq!(url(index, "x", false), "/guide/");
    }
    assert_eq!(url("README.md", "x", true), "/");
    assert_eq!(url("a.md", "---\npermalink: /b.html\n---\nx", true), "/b.html");
    assert_eq!(
        url("a.md", "---\nurl: https://example.org/b\n---\nx", true),
        "https://example.org/b"
    );
    assert_eq!(url("a.md", "---\npermalink: /:year/:title/\n---\nx", true), "/a/");
    assert_eq!(url("g/a.md", "---\nslug: /b\n---\nx", true), "/b");
}

#[test]
fn mdx_loses_its_marks_and_keeps_its_text() {
    let page = read(
        "import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from 'a';\n\nexport const x = () => <b>no</b>;\n\n# Row\n\n\
         {/* a\ncomment */}\n<Tabs groupId=\"os\" values={[{label: 'A > B'}]}>\n<TabItem value=\"a\">\n\nFirst **tab**.\n\n</TabItem>\n<Script src=\"x\" />\n</Tabs>\n\n\
         <Card title=\"x\">Inline <Badge/> card</Card>\n\nimport taxes were high.\n\n```jsx\nimport A from 'a';\n<Tabs>{/* kept */}</Tabs>\n```\n\nUse `<Tabs>` and `Vec<T>`.\n",
    );
    assert_eq!(
        outline(&page),
        "1 Row #row\n  First tab.\n  Inline card\n  import taxes were high.\n  |import A from 'a';\n  |<Tabs>{/* kept */}</Tabs>\n  Use <Tabs> and Vec<T>.\n"
    );
}

#[test]
fn admonitions_tabs_and_template_tags_lose_their_marks() {
    let page = read(
        ":::note[Mind]\nThe gap.\n:::\n\n!!! warning \"Cold water\"\n    Wear a vest.\n\n    ```\n    vest on\n    ```\n\nAfter.\n\n{{< figure src=\"a.png\" >}}\n\n{% raw %}Raw.{% endraw %}\n",
    );
    assert_eq!(
        outline(&page),
        "0 \n  Mind\n  The gap.\n  Cold water\n  Wear a vest.\n  |vest on\n  After.\n  Raw.\n"
    );
}

#[test]
fn code_that_looks_like_a_mark_is_left_alone() {
    let text = "a ``b ` <C>`` <d> `open\n\n<lower>x</lower> 1 < 2 <3 {x}\n";
    assert_eq!(dialects::to_plain(text), text);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes, "x.md", &MarkdownOptions::default());
    }

    #[test]
    fn no_marks_make_it_panic(parts in prop::collection::vec(prop::sample::select(PARTS), 0..60)) {
        let _ = parse(parts.concat().as_bytes(), "x.md", &MarkdownOptions::default());
    }
}

/// Marks of every dialect, cut at every bad place.
const PARTS: &[&str] = &[
    "---\n",
    "+++\n",
    "a: b\n",
    "\n",
    "\n\n",
    "# ",
    "## x\n",
    "{#id}",
    "```",
    "~~~\n",
    "`",
    "``",
    "<Tab",
    "<",
    ">",
    "/>",
    "{",
    "}",
    "{/*",
    "*/}",
    "{{<",
    ">}}",
    "{%",
    "%}",
    ":::",
    ":::note[",
    "]",
    "!!! a \"b\"\n",
    "    ",
    "=== \"x\"\n",
    "import a from 'b'\n",
    "export default {",
    "é漢",
    "| a | b |\n|--|--|\n",
    "- ",
    "> ",
    "[^1]",
    "[^1]: n\n",
    "\t",
    "\r\n",
];
