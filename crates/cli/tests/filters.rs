//! Filters from the pages to the terminal. A filter that is silently not understood shows a reader pages that they asked
//! not to see.

mod support;

use support::Site;

const RECORDS: &str = r#"{"id": "a", "url": "/a", "title": "Tides", "text": "High water comes twice a day.", "meta": {"tags": ["sea", "moon"], "year": 1998, "date": "2024-01-31", "serial": "x1"}}
{"id": "b", "url": "/b", "title": "Storms", "text": "Wind drives high water into the harbour.", "meta": {"tags": ["sea"], "year": 2020, "date": "2024-05-17T08:00"}}
{"id": "c", "url": "/c", "title": "Locks", "text": "A lock lifts boats from low to high water.", "meta": {"tags": "north pole", "year": 2024}}
{"id": "d", "url": "/d", "title": "Dikes", "text": "A dike keeps high water out.", "filters": {"tags": ["land"]}, "sort": {"weight": 1}}
"#;

fn built(more: &[&str]) -> (Site, support::Said) {
    let site = Site::empty();
    site.write("records.jsonl", RECORDS);
    let build = ["build", "records.jsonl", "-o", "out", "--no-engine", "--words-only"];
    let said = site.run(&[&build[..], more].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    (site, said)
}

fn urls(site: &Site, arguments: &[&str]) -> Vec<String> {
    let said = site.run(&[&["query", "out", "--json"][..], arguments].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let answer = said.json();
    let results = answer["results"].as_array().into_iter().flatten();
    results.map(|result| result["url"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn pages_are_filtered_sorted_and_counted() {
    let (site, _) = built(&["--filter", "year", "--filter", "date"]);
    let all = |filter: &str| urls(&site, &["high water", "--where", filter, "--sort", "year"]);
    assert_eq!(all("year >= 2000"), ["/b", "/c"]);
    assert_eq!(all("date <= 2024-05"), ["/a", "/b"]);
    assert_eq!(all("date > 2024-05-17"), Vec::<String>::new());
    assert_eq!(all("not year = 2020 and (year > 2000 or date = 2024-01-31)"), ["/a", "/c"]);
    assert_eq!(urls(&site, &["--sort", "year:desc"]), ["/c", "/b", "/a", "/d"]);
    assert_eq!(urls(&site, &["--sort", "weight", "--limit", "1"]), ["/d"]);
    let said =
        site.run(&["query", "out", "high", "water", "--facets", "year,tags", "--limit", "1"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("year: 1998 (1), 2020 (1), 2024 (1)\n"), "{}", said.stdout);
    // What a page marks as a filter is all of that key, and metadata of its name is only shown.
    assert!(said.stdout.contains("tags: land (1)\n1 of 4 pages"), "{}", said.stdout);
}

#[test]
fn what_can_be_filtered_by_is_told_by_build_and_inspect() {
    let (site, said) = built(&["--filter", "!date", "--verbose"]);
    assert!(
        said.stdout
            .contains("filters: serial (1 value), tags (1 value), weight (sorts), year (numbers)"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("date is no filter: not wanted"), "{}", said.stdout);
    let said = site.run(&["inspect", "out"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let line = |start: &str| {
        said.stdout.lines().find(|line| line.trim_start().starts_with(start)).unwrap().to_owned()
    };
    assert!(
        line("year").contains("number") && line("year").contains("3 values: 1998 to 2024"),
        "{}",
        said.stdout
    );
    assert!(line("tags").contains("land (1)"), "{}", said.stdout);
    let (_, said) = built(&["--filter", "tgas"]);
    assert!(said.stderr.contains("--filter tgas: no page has this key"), "{}", said.stderr);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_there_is() {
    let (site, _) = built(&[]);
    let query = ["query", "out", "water"];
    let ask = |more: &[&str]| site.run(&[&query[..], more].concat());
    ask(&["--where", "autor = x"]).refused(2, &["autor", "date, serial, tags, weight, year"]);
    ask(&["--where", "tags > 3"]).refused(2, &["tags", "text"]);
    ask(&["--where", "year >= soon"]).refused(2, &["year", "soon", "number"]);
    ask(&["--sort", "colour:desc"]).refused(2, &["colour"]);
    ask(&["--facets", "tags,colour"]).refused(2, &["colour"]);
    let said = ask(&["--where", "year >= 2000 an"]);
    said.refused(2, &["--where", "found `an`"]);
    assert!(said.stderr.contains("\n  year >= 2000 an\n               ^"), "{}", said.stderr);
    site.run(&["query", "out"]).refused(2, &["no WORDS"]);
}

#[test]
fn a_damaged_filter_is_named_and_never_ignored() {
    let (site, _) = built(&[]);
    let files = site.files("out");
    let name = files.keys().find(|name| name.starts_with("filters/")).unwrap();
    let mut bytes = files[name].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(site.path("out").join(name), bytes).unwrap();
    let said = site.run(&["query", "out", "water", "--where", "year > 2000"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(said.stderr.contains(name.as_str()), "{}", said.stderr);
    let said = site.run(&["inspect", "out"]);
    said.refused(1, &["damaged"]);
    assert!(said.stdout.contains(name.as_str()), "{}", said.stdout);
    assert_eq!(urls(&site, &["water"]).len(), 4, "a question without a filter is answered");
}

#[test]
fn marks_in_pages_become_filters() {
    let site = Site::empty();
    for (name, date, tag) in [("one", "2024-05-17", "sea"), ("two", "2023-01-02", "land")] {
        site.write(
            &format!("site/{name}.html"),
            &format!(
                "<html lang=en><title>{name}</title><main><h1>{name}</h1><p>Water on page {name}.\
                 <time data-pagefind-sort=\"date[datetime]\" data-pagefind-meta=date datetime={date}>in May</time>\
                 <a data-pagefind-filter=tag>{tag}</a></main>"
            ),
        );
    }
    let said = site.run(&["build", "site", "-o", "out", "--no-engine", "--words-only"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(urls(&site, &["water", "--where", "tag = sea"]), ["/one.html"]);
    assert_eq!(urls(&site, &["water", "--sort", "date"]), ["/two.html", "/one.html"]);
}
