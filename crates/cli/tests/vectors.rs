//! Vectors in and out. A vector at another document's place gives answers that are wrong and look right, so
//! what cannot be matched or proven is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::fs;
use support::Site;

/// The default encoder's.
const DIMENSIONS: usize = 384;
const BUILD: [&str; 5] = ["build", "site", "--no-engine", "--no-encoder-files", "--json"];

/// A unit vector along one axis, as JSON.
fn axis(at: usize) -> String {
    let numbers: Vec<&str> = (0..DIMENSIONS).map(|n| if n == at { "1" } else { "0" }).collect();
    format!("[{}]", numbers.join(","))
}

/// Three records, the second without a title.
fn records(site: &Site) {
    site.write(
        "records.jsonl",
        "{\"id\": 7, \"url\": \"/oars\", \"title\": \"Oars\", \"text\": \"How to row a boat.\"}\n\
         {\"id\": \"b\", \"text\": \"Second.\"}\n\
         {\"id\": \"c\", \"title\": \"Third\", \"text\": \"One paragraph.\\n\\nAnother one.\"}\n",
    );
}

fn build_records<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["build", "records.jsonl", "-o", "out", "--no-engine", "--no-encoder-files"];
    [&fixed[..], &["--json"], more].concat()
}

/// `id` and `vector` of every exported passage, by id.
fn exported(site: &Site, bundle: &str) -> Vec<(String, Vec<f64>)> {
    let said = site.run(&["export", bundle, "--to", "jsonl"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines = said.stdout.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let numbers = row["vector"].as_array().unwrap().iter();
        let id = row["id"].as_str().unwrap().to_owned();
        (id, numbers.map(|number| number.as_f64().unwrap()).collect())
    });
    lines.collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn fingerprint(site: &Site) -> String {
    let manifest = fs::read_to_string(site.path("site/sextant/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    manifest["encoder"]["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_exported_is_built_again_without_encoding_and_gives_the_same_vectors() {
    let site = Site::new();
    site.build();
    let first = exported(&site, "site");
    let files = site.files("site/sextant");
    for (format, file) in [("parquet", "v.parquet"), ("npy", "v.npy"), ("jsonl", "v.jsonl")] {
        let said = site.run(&["export", "site", "--to", format, "-o", file]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(said.stdout.contains("384 dimensions"), "{}", said.stdout);
        fs::remove_dir_all(site.path("site/sextant")).unwrap();
        let said = site.run(&[&BUILD[..], &["--no-cache", "--vectors", file]].concat());
        let report = said.json();
        assert_eq!((&report["encoded"], &report["given"]), (&0.into(), &report["passages"]));
        assert!(!said.stderr.contains("warning"), "the encoder is declared: {}", said.stderr);

        let again = exported(&site, "site");
        assert_eq!(again.len(), first.len());
        for ((id, vector), (wanted_id, wanted)) in again.iter().zip(&first) {
            assert_eq!(id, wanted_id, "{format}");
            let cosine = cosine(vector, wanted);
            assert!(cosine > 1.0 - 1e-6, "{format}: {cosine}: another direction");
        }
        let rebuilt = site.files("site/sextant");
        let others = |name: &&String| {
            !name.starts_with("vectors") && !name.starts_with("head") && *name != "manifest.json"
        };
        for name in files.keys().filter(others) {
            assert!(rebuilt.get(name) == files.get(name), "{format}: {name}");
        }
    }
}

#[test]
fn a_page_that_says_something_else_than_what_was_exported_is_refused() {
    let site = Site::new();
    site.build();
    assert_eq!(site.run(&["export", "site", "--to", "parquet", "-o", "v.parquet"]).code, 0);
    site.write(
        "site/computer.html",
        "<html lang=en><title>Computer</title><main><p>Changed.</main>",
    );
    site.run(&[&BUILD[..], &["--vectors", "v.parquet"]].concat())
        .refused(1, &["v.parquet", "1 of 3 passages", "Changed.", "computer.html"]);
}

#[test]
fn vectors_of_documents_make_each_document_one_passage() {
    let site = Site::empty();
    records(&site);
    let lines = [("c", 5), ("7", 3), ("b", 4)]
        .map(|(id, at)| format!("{{\"id\": \"{id}\", \"vector\": {}}}\n", axis(at)));
    site.write("v.jsonl", &lines.concat());
    let said = site.run(&build_records(&["--vectors", "v.jsonl"]));
    assert_eq!((&said.json()["given"], &said.json()["passages"]), (&3.into(), &3.into()));
    assert!(
        said.stderr.contains("warning: v.jsonl: nothing says which encoder"),
        "{}",
        said.stderr
    );
    let ids_and_axes: Vec<(String, usize)> = exported(&site, "out")
        .into_iter()
        .map(|(id, vector)| (id, vector.iter().position(|value| *value == 1.0).unwrap()))
        .collect();
    let wanted = [("/oars:1", 3), ("b:1", 4), ("c:1", 5)].map(|(id, at)| (id.to_owned(), at));
    assert_eq!(ids_and_axes, wanted);

    site.write("v.jsonl", &format!("{}{{\"id\": \"z\", \"vector\": {}}}", lines.concat(), axis(9)));
    let said = site.run(&build_records(&["--vectors", "v.jsonl"]));
    assert_eq!(said.code, 0);
    assert!(said.stderr.contains("1 vector of no document, such as \"z\""), "{}", said.stderr);
}

#[test]
fn an_array_without_names_goes_by_the_order_of_documents() {
    let site = Site::empty();
    records(&site);
    let array = |rows: &[usize]| {
        let header = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {DIMENSIONS}), }}\n",
            rows.len()
        );
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        for row in rows {
            let numbers = (0..DIMENSIONS).map(|n| if n == *row { 2.0f32 } else { 0.0 });
            bytes.extend(numbers.flat_map(f32::to_le_bytes));
        }
        fs::write(site.path("v.npy"), bytes).unwrap();
    };
    let axes = || -> Vec<usize> {
        let rows = exported(&site, "out").into_iter();
        rows.map(|(_, vector)| vector.iter().position(|value| *value == 1.0).unwrap()).collect()
    };
    array(&[3, 4, 5]);
    assert_eq!(site.run(&build_records(&["--vectors", "v.npy"])).code, 0);
    assert_eq!(axes(), [3, 4, 5]);
    site.write("v.npy.ids.txt", "c\nb\n7\n");
    assert_eq!(site.run(&build_records(&["--vectors", "v.npy"])).code, 0);
    assert_eq!(axes(), [5, 4, 3]);
    site.write("v.npy.ids.txt", "c\nb\n");
    site.run(&build_records(&["--vectors", "v.npy"]))
        .refused(1, &["v.npy.ids.txt", "2 names", "3 rows"]);
    fs::remove_file(site.path("v.npy.ids.txt")).unwrap();
    array(&[3, 4]);
    site.run(&build_records(&["--vectors", "v.npy"]))
        .refused(1, &["v.npy", "2 rows", "3 documents"]);
}

#[test]
fn vectors_of_another_encoder_are_refused() {
    let site = Site::new();
    site.build();
    let own = fingerprint(&site);
    let line =
        |id: &str, more: &str| format!("{{\"id\": \"{id}\", \"vector\": {}{more}}}\n", axis(1));
    let pages = ["index.html", "garden/roses.html", "computer.html"];
    let plain: String = pages.iter().map(|page| line(page, "")).collect();
    let build = |more: &[&str]| site.run(&[&BUILD[..], &["--vectors", "v.jsonl"], more].concat());

    site.write("v.jsonl", &plain);
    assert!(build(&[]).stderr.contains("--vectors-fingerprint"));
    let said = build(&["--vectors-fingerprint", &own]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    build(&["--vectors-fingerprint", "ab"]).refused(1, &["v.jsonl", "ab", &own, "MiniLM"]);

    let declared: String =
        pages.iter().map(|page| line(page, ", \"fingerprint\": \"cd\"")).collect();
    site.write("v.jsonl", &declared);
    build(&[]).refused(1, &["v.jsonl", "cd", &own]);
    build(&["--vectors-fingerprint", &own]).refused(1, &["cd", &own, "--vectors-fingerprint"]);

    site.write("v.jsonl", "{\"id\": \"index.html\", \"vector\": [1, 2, 3]}\n");
    build(&[]).refused(1, &["v.jsonl", "3 dimensions", "384", "MiniLM"]);
    assert!(build(&[]).stderr.contains("--encoder FILE"));
    let both = build(&["--words-only"]);
    assert!(both.code == 2 && both.stderr.contains("'--words-only'"), "{}", both.stderr);
}

#[test]
fn rows_that_cannot_be_used_are_named_before_anything_is_written() {
    let site = Site::empty();
    records(&site);
    let good = |id: &str| format!("{{\"id\": \"{id}\", \"vector\": {}}}\n", axis(1));
    let refused = |text: &str, words: &[&str]| {
        site.write("v.jsonl", text);
        site.run(&build_records(&["--vectors", "v.jsonl"])).refused(1, words);
        assert!(!site.path("out").join("manifest.json").exists());
    };
    let with = |vector: &str| format!("{}{{\"id\": \"b\", \"vector\": {vector}}}\n", good("7"));
    refused(&with("[1, 2, 3]"), &["v.jsonl: line 2", "3 numbers", "384"]);
    refused(&with(&axis(DIMENSIONS)), &["v.jsonl: line 2", "zeros"]);
    refused(&with(&axis(1).replacen('0', "NaN", 1)), &["v.jsonl: line 2", "NaN"]);
    refused(&with("[1, 2"), &["v.jsonl: line 2"]);
    refused(&format!("{}{}", good("7"), good("7")), &["v.jsonl: line 2", "\"7\"", "line 1"]);
    refused(&good("7"), &["v.jsonl", "2 of 3 documents", "\"b\""]);
    refused("{\"vector\": [1]}", &["v.jsonl: line 1", "`id`"]);
    refused("", &["v.jsonl: empty"]);
    refused("id,vector\n", &["v.jsonl: no file of vectors"]);
    refused("\n\n", &["v.jsonl: empty"]);
    site.run(&build_records(&["--vectors", "none.npy"])).refused(1, &["none.npy"]);
    site.run(&build_records(&["--vectors", "site"])).refused(1, &["site"]);
    let parquet = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/bad-nan.parquet");
    site.run(&build_records(&["--vectors", parquet])).refused(1, &["bad-nan.parquet", "row 2"]);
    let columns = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/bad-columns.npy");
    site.run(&build_records(&["--vectors", columns])).refused(1, &["bad-columns.npy", "fortran"]);

    site.write("more/records.jsonl", "{\"id\": \"7\", \"url\": \"/other\", \"text\": \"x\"}\n");
    site.write("v.jsonl", &[good("7"), good("b"), good("c")].concat());
    site.run(&build_records(&["more/records.jsonl", "--vectors", "v.jsonl"]))
        .refused(1, &["\"7\"", "/oars", "/other"]);
}

#[test]
fn every_field_of_a_passage_is_exported() {
    let site = Site::new();
    site.build();
    let said = site.run(&["export", "site", "--to", "jsonl"]);
    let rows: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let bread = rows.iter().find(|row| row["url"] == "/").unwrap();
    assert_eq!((&bread["id"], &bread["title"]), (&"/:1".into(), &"Kitchen".into()));
    assert_eq!((&bread["language"], &bread["anchor"]), (&"en".into(), &"bread".into()));
    assert_eq!(bread["trail"], serde_json::json!(["Baking bread"]));
    assert!(bread["text"].as_str().unwrap().starts_with("Knead flour"), "{bread}");
    assert_eq!(bread["fingerprint"], fingerprint(&site));
    assert_eq!(bread["text_sha256"].as_str().unwrap().len(), 64);
    assert!(bread["meta"].is_object());
}

#[test]
fn a_bundle_without_vectors_a_damaged_one_and_no_file_are_refused() {
    let site = Site::new();
    site.run(&["build", "site", "-o", "words", "--no-engine", "--words-only"]);
    site.run(&["export", "words", "--to", "jsonl"]).refused(1, &["words", "no vectors"]);
    site.run(&["export", "nowhere", "--to", "jsonl"]).refused(1, &["nowhere"]);
    site.build();
    site.run(&["export", "site", "--to", "parquet"]).refused(2, &["no file"]);
    site.run(&["export", "site", "--to", "npy"]).refused(2, &["no file"]);

    site.write("v.parquet", "what was there");
    let shard = site.shard("vectors/");
    let mut bytes = fs::read(&shard).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&shard, bytes).unwrap();
    let said = site.run(&["export", "site", "--to", "parquet", "-o", "v.parquet"]);
    assert_eq!(said.code, 1);
    let name = shard.file_name().unwrap().to_string_lossy().into_owned();
    assert!(said.stderr.contains(&name), "{}", said.stderr);
    assert_eq!(fs::read_to_string(site.path("v.parquet")).unwrap(), "what was there");
}

#[test]
fn a_graph_answers_as_a_scan_does_and_inspect_and_a_query_name_it_when_it_is_damaged() {
    let site = Site::empty();
    let (mut records, mut vectors) = (String::new(), String::new());
    let mut state = 1u32;
    for n in 0..400 {
        records += &format!("{{\"id\": \"p{n}\", \"url\": \"/{n}\", \"text\": \"Page {n}.\"}}\n");
        let number = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{}", i64::from(state >> 16) - 32_768)
        };
        let numbers: Vec<String> = (0..DIMENSIONS).map(number).collect();
        vectors += &format!("{{\"id\": \"p{n}\", \"vector\": [{}]}}\n", numbers.join(","));
    }
    site.write("records.jsonl", &records);
    site.write("v.jsonl", &vectors);
    let build = |out: &str, more: &[&str]| {
        let fixed = ["build", "records.jsonl", "-o", out, "--no-engine", "--no-encoder-files"];
        site.run(&[&fixed[..], &["--vectors", "v.jsonl", "--json"], more].concat())
    };
    let question = |out: &str| {
        let arguments = ["query", out, "anything", "--mode", "semantic", "--no-cut-off", "--json"];
        site.run(&arguments).json()
    };
    assert_eq!(build("scan", &[]).json()["vectors"]["graph"], serde_json::Value::Null);
    let scanned = question("scan");
    assert_eq!(scanned["results"].as_array().unwrap().len(), 10);
    for order in ["as-given", "shuffled", "lid"] {
        let report = build(order, &["--search", "graph", "--order", order]).json();
        let graph = &report["vectors"]["graph"];
        assert_eq!(graph["order"], order);
        assert!(graph["recall"].as_f64().unwrap() >= 0.99, "{graph}");
        let walked = question(order);
        assert_eq!(walked["results"], scanned["results"], "{order}");
        assert_eq!(walked["degraded"], serde_json::json!([]));
    }
    build("again", &["--search", "graph", "--order", "lid", "--jobs", "1"]);
    let first = site.files("lid");
    assert!(site.files("again") == first, "other bytes at another number of threads");

    let file = first.keys().find(|name| name.starts_with("graph/")).unwrap();
    let inspected = site.run(&["inspect", "lid"]);
    assert!(inspected.code == 0 && inspected.stdout.contains("graph"), "{}", inspected.stdout);
    let path = site.path("lid").join(file);
    fs::write(&path, &fs::read(&path).unwrap()[..100]).unwrap();
    let inspected = site.run(&["inspect", "lid"]);
    assert!(inspected.code == 1 && inspected.stdout.contains(file), "{}", inspected.stdout);
    let without = question("lid");
    assert_eq!(without["results"], scanned["results"], "then all are scanned");
    assert!(without["degraded"].to_string().contains(file), "{}", without["degraded"]);

    let refused = build("scan", &["--order", "lid"]);
    refused.refused(2, &["--order"]);
}
