//! `sextant build` over real directories. A build that loses a page, or that gives other bytes for the
//! same pages, costs every reader of the site.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::fs;
use std::path::Path;
use support::{PAGES, Site};

#[test]
fn a_second_build_encodes_nothing_and_gives_the_same_bytes_at_any_number_of_cores() {
    let site = Site::new();
    let build = |jobs: &str| {
        let arguments =
            ["build", "site", "--no-engine", "--no-encoder-files", "--json", "--jobs", jobs];
        site.run(&arguments).json()
    };
    let first = build("1");
    assert_eq!(first["pages"], 3);
    assert_eq!((&first["encoded"], &first["reused"]), (&first["passages"], &0.into()));
    let files = site.files("site/sextant");
    assert!(files.contains_key("manifest.json"));
    let second = build("2");
    assert_eq!((&second["encoded"], &second["reused"]), (&0.into(), &first["passages"]));
    assert_eq!(site.files("site/sextant"), files);

    fs::remove_dir_all(site.path("cache")).unwrap();
    fs::remove_dir_all(site.path("site/sextant")).unwrap();
    let third = build("2");
    assert_eq!(third["encoded"], first["passages"]);
    assert!(site.files("site/sextant") == files, "from nothing on two cores");
}

#[test]
fn a_changed_page_alone_is_encoded_and_what_it_replaced_is_removed() {
    let site = Site::new();
    site.build();
    site.write("site/sextant/notes.txt", "mine");
    let before = site.files("site/sextant");
    site.write(
        "site/computer.html",
        "<html lang=en><title>Computer</title><main><h1>Computer</h1><p>Quite another text.</main>",
    );
    let report = site.run(&["build", "site", "--no-engine", "--no-encoder-files", "--json"]).json();
    assert_eq!(report["encoded"], 1);
    let after = site.files("site/sextant");
    assert!(after.contains_key("notes.txt"), "what the build did not write stays");
    let named = site.run(&["inspect", "site", "--json"]).json()["files"].as_u64();
    assert_eq!(named, Some(after.len() as u64 - 1), "nothing is stale");
    assert!(before.keys().any(|name| !after.contains_key(name)), "something was replaced");
}

#[test]
fn a_broken_page_is_named_the_others_are_built_and_strict_makes_it_a_failure() {
    let site = Site::new();
    fs::write(site.path("site/picture.html"), b"\x89PNG\r\n\x1a\n\0\0\0\0").unwrap();
    let said = site.run(&["build", "site", "--no-engine", "--words-only"]);
    assert_eq!(said.code, 0);
    assert!(said.stderr.contains("picture.html: not text"), "{}", said.stderr);
    assert!(said.stdout.contains("3 pages"), "{}", said.stdout);
    let strict = site.run(&["build", "site", "--no-engine", "--words-only", "--strict"]);
    assert_eq!(strict.code, 3);
    assert!(strict.stderr.contains("--strict"));
    assert!(site.path("site/sextant/manifest.json").exists(), "built all the same");
}

#[test]
fn an_empty_directory_a_missing_one_and_no_source_are_refused_with_a_way_out() {
    let site = Site::empty();
    site.run(&["build", "site", "--words-only", "--no-engine"]).refused(1, &["site", "no HTML"]);
    site.run(&["build", "nowhere", "--words-only", "--no-engine"]).refused(1, &["nowhere"]);
    site.run(&["build", "--words-only", "--no-engine"]).refused(2, &["SOURCE"]);
    assert!(!site.path("site/sextant").exists(), "and nothing is left behind");
    site.write("site/a.html", "<script>only()</script>");
    site.run(&["build", "site", "--words-only", "--no-engine"])
        .refused(1, &["nothing to index", "no text"]);
    assert!(!site.path("site/sextant/manifest.json").exists());
}

#[test]
fn a_missing_encoder_and_a_file_that_is_none_are_refused_before_anything_is_written() {
    let site = Site::new();
    site.run(&["build", "site", "--no-engine", "--encoder", "none.safetensors"])
        .refused(1, &["none.safetensors"]);
    site.write("odd.safetensors", "not an encoder");
    site.run(&["build", "site", "--no-engine", "--encoder", "odd.safetensors"])
        .refused(1, &["odd.safetensors"]);
    assert!(!site.path("site/sextant").exists());
}

/// A file of the default encoder's directory.
fn model(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/all-MiniLM-L6-v2").join(name)
}

/// The bytes of the container that a bundle ships.
fn shipped(site: &Site) -> u64 {
    let manifest = fs::read(site.path("site/sextant/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["encoder"]["bytes"].as_u64().unwrap()
}

#[test]
fn readers_get_the_small_form_unless_an_encoder_was_chosen() {
    let length = |name: &str| fs::metadata(model(name)).unwrap().len();
    let (whole, small) = (model("encoder.safetensors"), model("query.safetensors"));
    let (whole, small) = (whole.to_str().unwrap(), small.to_str().unwrap());
    let site = Site::new();
    for (arguments, expected) in [
        (&[][..], length("query.safetensors")),
        (&["--encoder", whole], length("encoder.safetensors")),
        (&["--query-encoder", whole], length("encoder.safetensors")),
        (&["--encoder", whole, "--query-encoder", small], length("query.safetensors")),
    ] {
        let said = site.run(&[&["build", "site", "--no-engine"], arguments].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert_eq!(shipped(&site), expected, "{arguments:?}");
        assert_eq!(site.run(&["inspect", "site"]).code, 0);
    }
    let answer = site.run(&["query", "site", "cutting flowers back", "--json"]).json();
    assert_eq!(answer["results"][0]["url"], "/garden/roses.html", "{answer:#}");
}

#[test]
fn an_encoder_for_questions_of_other_weights_is_refused_before_anything_is_written() {
    let site = Site::new();
    let mut other = fs::read(model("query.safetensors")).unwrap();
    let fingerprint = b"8f4c91f2895577d0e379939fd2ab3fe8";
    let at = other.windows(32).position(|bytes| bytes == fingerprint).unwrap();
    other[at..at + 8].copy_from_slice(b"00000000");
    fs::write(site.path("other.safetensors"), other).unwrap();
    let other = ["--query-encoder", "other.safetensors"];
    site.run(&[&["build", "site", "--no-engine"][..], &other].concat())
        .refused(1, &["00000000895577d0", "8f4c91f2895577d0"]);
    assert!(!site.path("site/sextant").exists());
    site.run(&["build", "site", "--no-engine", "--query-encoder", "none.safetensors"])
        .refused(1, &["none.safetensors"]);
}

#[test]
fn the_engine_of_a_directory_is_written_and_a_missing_one_is_named() {
    let site = Site::new();
    site.run(&["build", "site", "--words-only", "--engine", "nowhere"]).refused(1, &["nowhere"]);
    site.write("engine/sextant-search.js", "export {};");
    let said = site.run(&["build", "site", "--words-only", "--engine", "engine"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(site.path("site/sextant/engine/sextant-search.js").exists());
    assert!(said.stdout.contains(r#"src="/sextant/engine/sextant-search.js""#), "{}", said.stdout);
}

#[test]
fn the_encoder_of_two_bundles_can_be_shared() {
    let site = Site::new();
    let shared = ["build", "site", "--no-engine", "--encoder-path", "../encoder", "-o"];
    for out in ["all/a", "all/b"] {
        let said = site.run(&[&shared[..], &[out]].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
    }
    assert!(!site.path("all/a/encoder").exists());
    assert!(site.path("all/encoder").exists());
    let said = site.run(&["inspect", "all/b"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    site.run(&["build", "site", "--no-engine", "--encoder-path", "../../etc"])
        .refused(2, &["--encoder-path"]);
}

#[test]
fn markdown_and_records_are_read_and_mixed() {
    let site = Site::empty();
    site.write(
        "docs/guide/install.md",
        "---\ntitle: Install\n---\n# Install\n\nRun the installer and wait.\n",
    );
    site.write("records.jsonl", "{\"id\": \"r1\", \"url\": \"/r/1\", \"title\": \"Record\", \"text\": \"A line of text.\"}\n");
    let said = site.run(&[
        "build",
        "docs",
        "records.jsonl",
        "-o",
        "out",
        "--no-engine",
        "--words-only",
        "--json",
    ]);
    assert_eq!(said.json()["pages"], 2, "{}", said.stderr);
    let found = site.run(&["query", "out", "installer", "--mode", "keyword", "--json"]).json();
    assert_eq!(found["results"][0]["url"], "/guide/install/");
    let found = site.run(&["query", "out", "line of text", "--mode", "keyword", "--json"]).json();
    assert_eq!(found["results"][0]["url"], "/r/1");
}

#[test]
fn flags_beat_variables_and_those_beat_the_file() {
    let site = Site::new();
    site.write(
        "sextant.toml",
        "source = [\"site\"]\nwords-only = true\nno-engine = true\noutput = \"from-file\"\n",
    );
    let run = |arguments: &[&str], variable: Option<&str>| {
        let mut command = site.command(arguments);
        variable.into_iter().for_each(|value| {
            command.env("SEXTANT_OUTPUT", value);
        });
        assert!(command.output().unwrap().status.success());
    };
    run(&["build"], None);
    assert!(site.path("from-file/manifest.json").exists());
    run(&["build"], Some("from-variable"));
    assert!(site.path("from-variable/manifest.json").exists());
    run(&["build", "--output", "from-flag"], Some("from-variable-2"));
    assert!(
        site.path("from-flag/manifest.json").exists() && !site.path("from-variable-2").exists()
    );

    site.write("sextant.toml", "rot-selector = \"main\"\n");
    site.run(&["build", "site"]).refused(2, &["sextant.toml", "rot-selector"]);
    let hint = site.run(&["build", "site"]).stderr;
    assert!(hint.contains("`root-selector`"), "{hint}");
}

#[test]
fn selectors_and_globs_choose_what_is_indexed() {
    let site = Site::new();
    site.write("site/tags/a.html", "<main><h1>Tag</h1><p>List of things.</main>");
    let build = |more: &[&str]| {
        let said =
            site.run(&[&["build", "site", "--words-only", "--no-engine", "--json"], more].concat());
        said.json()["pages"].as_u64().unwrap()
    };
    assert_eq!(build(&[]), 4);
    assert_eq!(build(&["--glob", "!tags/**"]), 3);
    assert_eq!(build(&["--include", "#bread, #bread + p"]), 1);
    site.run(&["build", "site", "--words-only", "--no-engine", "--exclude", "p["])
        .refused(1, &["p["]);
}

#[test]
fn help_names_every_flag_and_fits_the_screen() {
    let site = Site::empty();
    let help = site.run(&["build", "--help"]).stdout;
    for word in [
        "SOURCE",
        "--output",
        "--glob",
        "--exclude",
        "--words-only",
        "--cache",
        "--strict",
        "Examples",
        "sextant.toml",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let longest = help.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest <= 120, "{longest} columns");
    let all = site.run(&["--help"]).stdout;
    for command in ["build", "query", "serve", "inspect", "export", "eval", "model", "Exit codes"] {
        assert!(all.contains(command), "{command}");
    }
}

#[test]
fn every_page_of_the_fixture_is_found_by_its_words() {
    let site = Site::new();
    site.build();
    for (name, word) in
        PAGES.iter().zip(["dough", "stems", "with_capacity"]).map(|(page, word)| (page.0, word))
    {
        let found = site.run(&["query", "site", word, "--mode", "keyword", "--json"]).json();
        let url = found["results"][0]["url"].as_str().unwrap_or_default().to_owned();
        let wanted = if name == "index.html" { "/".to_owned() } else { format!("/{name}") };
        assert_eq!(url, wanted, "{word}");
    }
}
