//! Pages as generators write them, read as a reader would want them found.

mod attributes;
mod content;
mod generators;
mod structure;

use proptest::prelude::*;

use super::*;

/// Reads a page that has something to index.
fn read(html: &str) -> Document {
    match outcome(html) {
        Outcome::Document(document) => document,
        Outcome::Skipped(skip) => panic!("skipped: {}", skip.reason()),
    }
}

fn outcome(html: &str) -> Outcome {
    HtmlReader::default().read(html.as_bytes(), "guide/page.html").unwrap().outcome
}

/// Every section as a line `level heading #anchor`, then its blocks, code marked by `|`.
fn outline(document: &Document) -> String {
    let mut out = String::new();
    for section in &document.sections {
        let anchor = section.anchor.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
        out.push_str(&format!("{} {}{anchor}\n", section.level, section.heading));
        for block in &section.blocks {
            match block {
                sextant_core::Block::Prose(text) => out.push_str(&format!("  {text}\n")),
                sextant_core::Block::Code(text) => {
                    out.push_str(&format!("  |{}\n", text.replace('\n', "\n  |")));
                }
            }
        }
    }
    out
}

/// All text of a document.
fn text(document: &Document) -> String {
    outline(document)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes, "x.html", &HtmlOptions::default());
    }

    #[test]
    fn no_soup_of_tags_makes_it_panic(parts in prop::collection::vec(0_usize..PARTS.len(), 0..60)) {
        let soup: String = parts.into_iter().map(|part| PARTS[part]).collect();
        let options = HtmlOptions {
            include: vec!["p".into()], exclude: vec![".x".into()], image_alt: true,
            ..HtmlOptions::default()
        };
        let _ = parse(soup.as_bytes(), "x.html", &HtmlOptions::default());
        let _ = parse(soup.as_bytes(), "x.html", &options);
    }
}

/// Pieces that the states of the reader are made of, in all the wrong orders.
const PARTS: [&str; 40] = [
    "<h1>",
    "</h1>",
    "<h2 id=a>",
    "</h2>",
    "<dl>",
    "</dl>",
    "<dt id=b>",
    "<dt>",
    "</dt>",
    "<dd>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<pre>",
    "</pre>",
    "<p>",
    "</p>",
    "<li>",
    "text ",
    "1",
    "&amp;",
    "<br>",
    "<a href='#a'>#</a>",
    "<a name=c>",
    "<section id=s>",
    "</section>",
    "<nav class='x toc'>",
    "</nav>",
    "<main>",
    "</main>",
    "<article>",
    "<header>",
    "<button>",
    "<x-box>",
    "<div data-sextant-body>",
    "<b data-pagefind-ignore>",
    "<svg>",
    "<template>",
];

#[test]
fn a_very_deep_page_is_read() {
    // Recursion would overflow the stack here.
    let deep = format!("{}deep{}", "<b><i>".repeat(5_000), "</i></b>".repeat(5_000));
    assert!(text(&read(&deep)).contains("deep"));
}

#[test]
fn a_bad_selector_is_named_with_its_option() {
    let options = HtmlOptions { exclude: vec!["p >> q".into()], ..HtmlOptions::default() };
    let error = HtmlReader::new(&options).unwrap_err();
    assert!(
        matches!(error, SourceError::Selector { option: "exclude", ref selector, .. } if selector == "p >> q")
    );
}

#[test]
fn threads_share_a_reader() {
    fn shared<T: Send + Sync>() {}
    shared::<HtmlReader>();
}
