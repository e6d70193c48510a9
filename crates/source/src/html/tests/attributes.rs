//! What authors write into a page: regions, ignored parts, metadata; and the options' selectors.

use super::*;

#[test]
fn marked_regions_are_read_in_order_and_nothing_else() {
    let page = read(
        "<h1>Out</h1><div data-pagefind-body><p>One.<div data-sextant-body>In.</div></div><p>No.<p data-sextant-body>Two.",
    );
    assert_eq!(outline(&page), "0 \n  One.\n  In.\n  Two.\n");
}

#[test]
fn a_marked_body_of_a_malformed_page_counts() {
    assert_eq!(outline(&read("<p>a</p><body data-pagefind-body>b")), "0 \n  a\n  b\n");
}

#[test]
fn in_marked_regions_class_words_do_not_decide() {
    let page = read(
        "<div data-sextant-body><ul class=toc><li><a href=b>Kept</a></ul><nav>Gone</nav></div>",
    );
    assert_eq!(outline(&page), "0 \n  Kept\n");
}

#[test]
fn if_any_page_is_marked_only_marked_pages_stay() {
    let reader = HtmlReader::default();
    let read = |html: &str| reader.read(html.as_bytes(), "x.html").unwrap();
    let mut pages = [read("<p>a"), read("<p data-sextant-body>b"), read("")];
    assert!(keep_marked_pages(&mut pages));
    assert_eq!(pages[0].outcome, Outcome::Skipped(Skip::NoBodyRegion));
    assert!(matches!(pages[1].outcome, Outcome::Document(_)));
    assert_eq!(pages[2].outcome, Outcome::Skipped(Skip::Empty));
    let mut unmarked = [read("<p>a"), read("<p>b")];
    assert!(!keep_marked_pages(&mut unmarked));
    assert!(matches!(unmarked[0].outcome, Outcome::Document(_)));
}

#[test]
fn ignored_text_is_dropped_and_its_metadata_kept_unless_all_is_ignored() {
    let page = read(
        r#"<p>Text.
        <div data-sextant-ignore>A<b data-sextant-meta="author">Ann</b></div>
        <div data-pagefind-ignore="index">B<b data-pagefind-filter="tag">boats</b></div>
        <div data-pagefind-ignore="all">C<b data-sextant-meta="editor">Bob</b></div>"#,
    );
    assert_eq!(outline(&page), "0 \n  Text.\n");
    assert_eq!(page.meta["author"], ["Ann"]);
    assert_eq!(page.meta["tag"], ["boats"]);
    assert!(!page.meta.contains_key("editor"));
}

#[test]
fn a_page_whose_text_is_all_ignored_is_skipped_with_that_reason() {
    assert_eq!(outcome("<html data-sextant-ignore><p>x"), Outcome::Skipped(Skip::Ignored));
    assert_eq!(
        outcome("<main data-pagefind-ignore=all><p>x</main>"),
        Outcome::Skipped(Skip::Ignored)
    );
}

#[test]
fn an_unknown_ignore_value_is_told_and_counts_as_bare() {
    let page = HtmlReader::default().read(b"<p>x<p data-pagefind-ignore=foo>y", "x").unwrap();
    assert_eq!(page.unknown_ignore_values, ["foo"]);
    let Outcome::Document(document) = page.outcome else { panic!("skipped") };
    assert_eq!(outline(&document), "0 \n  x\n");
}

#[test]
fn metadata_is_text_attributes_and_values_in_lists() {
    let page = read(
        r##"<head><meta data-sextant-meta="image[content], kind:a, b: c" content="x.png">
        <body><p data-pagefind-meta="date" >May <script>no</script><b>1</b><a class=anchor href="#d">#</a></p>
        <i data-sextant-filter="tag:boats"></i><i data-sextant-filter="tag:oars"></i><i data-pagefind-filter="tag:boats"></i>
        <i data-sextant-default-meta="kind:other"></i><i data-sextant-default-meta="level:1"></i>
        <i data-sextant-meta="date, empty[nothing], [x]">May 2</i>"##,
    );
    assert_eq!(page.meta["image"], ["x.png"]);
    assert_eq!(page.meta["kind"], ["a, b: c"]);
    assert_eq!(page.meta["date"], ["May 2"]);
    assert_eq!(page.meta["tag"], ["boats", "oars"]);
    assert_eq!(page.meta["level"], ["1"]);
    assert_eq!(page.meta.len(), 5);
}

#[test]
fn filters_and_sorts_are_apart_from_metadata_of_the_same_name() {
    let page = read(
        r#"<time data-pagefind-meta="date" data-sextant-sort="date[datetime]" datetime="2024-05-17">17 May</time>
        <i data-sextant-filter="date:2024"></i><i data-sextant-filter="tag:a"></i><i data-pagefind-filter="tag:b"></i>
        <i data-pagefind-sort="weight:1"></i><i data-pagefind-sort="weight:2"></i>"#,
    );
    assert_eq!(
        (&page.meta["date"], &page.meta["tag"]),
        (&vec!["17 May".into()], &page.filters["tag"])
    );
    assert_eq!((&*page.filters["date"][0], page.filters["tag"].len()), ("2024", 2));
    assert_eq!(
        (&*page.sorts["date"][0], &*page.sorts["weight"]),
        ("2024-05-17", &["2".to_owned()][..])
    );
    assert!(!page.meta.contains_key("weight"));
}

#[test]
fn metadata_title_and_url_are_the_documents() {
    let page = read(
        r#"<h1>Heading</h1><p data-sextant-meta="title:Name">x<a data-sextant-meta="url[href]" href="/elsewhere/">y</a>"#,
    );
    assert_eq!((page.title.as_str(), page.url.as_str()), ("Name", "/elsewhere/"));
    assert!(page.meta.is_empty());
}

#[test]
fn selectors_choose_what_is_read() {
    let html = b"<div id=r><p class=a>A<b>B</b></p><p class=b>C</p></div><p class=a data-sextant-meta='k:v'>D";
    let read =
        |options: &HtmlOptions| parse(html, "x", options).unwrap().map(|page| outline(&page));
    let root = HtmlOptions { root: Some("#r".into()), ..HtmlOptions::default() };
    assert_eq!(read(&root).unwrap(), "0 \n  AB\n  C\n");
    assert!(parse(html, "x", &root).unwrap().unwrap().meta.is_empty());
    let include = HtmlOptions { include: vec![".a".into()], ..HtmlOptions::default() };
    assert_eq!(read(&include).unwrap(), "0 \n  AB\n  D\n");
    let exclude = HtmlOptions { exclude: vec!["b, .b".into()], ..HtmlOptions::default() };
    assert_eq!(read(&exclude).unwrap(), "0 \n  A\n  D\n");
    let nothing = HtmlOptions { include: vec!["article".into()], ..HtmlOptions::default() };
    assert_eq!(read(&nothing), None);
}
