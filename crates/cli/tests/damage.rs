//! Bundles that something happened to on their way: each fault is one clear error that names the file
//! and the way out, and words go on answering where they can.

mod support;

use std::fs;
use support::Site;

fn built() -> Site {
    let site = Site::new();
    site.build();
    site
}

#[test]
fn a_sound_bundle_passes_inspection_and_answers_by_meaning() {
    let site = built();
    let said = site.run(&["inspect", "site"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("every file is there"), "{}", said.stdout);
    // No word of the question is on the page. Where answers end is the search crate's to test.
    let question = ["query", "site", "how to reboot my laptop", "--no-cut-off", "--json"];
    let found = site.run(&question).json();
    assert_eq!(found["mode"], "hybrid");
    assert_eq!(found["results"][0]["url"], "/computer.html", "{found:#}");
    assert_eq!(found["results"][0]["anchor"], "restart");
}

#[test]
fn a_manifest_of_another_version_is_refused_by_name() {
    let site = built();
    site.edit_manifest("\"format\":3", "\"format\":9");
    for arguments in [&["query", "site", "dough"][..], &["inspect", "site"]] {
        site.run(arguments).refused(1, &["manifest.json", "format 9", "sextant build"]);
    }
}

#[test]
fn a_manifest_that_leaves_the_bundle_is_refused() {
    let site = built();
    site.edit_manifest("\"head/", "\"../head/");
    site.run(&["query", "site", "dough"]).refused(1, &["manifest.json", "leaves the bundle"]);
}

#[test]
fn no_bundle_at_all_is_named() {
    let site = Site::new();
    site.run(&["query", "site", "dough"]).refused(1, &["manifest.json"]);
}

#[test]
fn a_truncated_shard_is_named_by_inspect_and_by_the_answer() {
    let site = built();
    let path = site.shard("vectors/");
    let name = format!("vectors/{}", path.file_name().unwrap().to_string_lossy());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let said = site.run(&["inspect", "site"]);
    said.refused(1, &["damaged"]);
    assert!(said.stdout.contains(&name) && said.stdout.contains("cut short"), "{}", said.stdout);
    let found = site.run(&["query", "site", "dough", "--json"]).json();
    assert_eq!(found["mode"], "keyword");
    assert_eq!(found["results"][0]["url"], "/", "words go on answering");
    assert!(found["degraded"].to_string().contains(&name), "{found:#}");
}

#[test]
fn a_flipped_byte_is_named_by_inspect_wherever_it_is() {
    let site = built();
    // Codes of levels, which so small a site would not get: with them come a basis and finer codes.
    assert_eq!(site.run(&["build", "site", "--codes", "2bit"]).code, 0);
    for room in ["head/", "tokens/", "vectors/", "rescore/", "words/", "passages/"] {
        let path = site.shard(room);
        let sound = fs::read(&path).unwrap();
        let mut damaged = sound.clone();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let said = site.run(&["inspect", "site", "--json"]);
        assert_eq!(said.code, 1);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if room == "head/" {
            // Without it there is nothing to inspect.
            said.refused(1, &[&name, "checksum"]);
            fs::write(&path, sound).unwrap();
            continue;
        }
        let damage = said.json()["damage"].to_string();
        assert!(damage.contains(&name) && damage.contains("checksum"), "{damage}");
        fs::write(&path, sound).unwrap();
    }
}

#[test]
fn a_missing_shard_is_named() {
    let site = built();
    fs::remove_file(site.shard("passages/")).unwrap();
    let said = site.run(&["inspect", "site", "--json"]);
    assert_eq!(said.code, 1);
    assert!(said.json()["damage"].to_string().contains("passages/"));
}

#[test]
fn an_encoder_of_other_vectors_is_not_used_and_questions_are_looked_up() {
    let site = built();
    let manifest = fs::read_to_string(site.path("site/sextant/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let fingerprint = manifest["encoder"]["fingerprint"].as_str().unwrap();
    site.edit_manifest(fingerprint, "00000000000000000000000000000000");
    let said = site.run(&["query", "site", "dough", "--json"]);
    assert_eq!(said.code, 0);
    assert!(
        said.stderr.contains(fingerprint) && said.stderr.contains("without an encoder"),
        "{}",
        said.stderr
    );
    assert_eq!(said.json()["mode"], "hybrid");
    assert_eq!(said.json()["results"][0]["url"], "/");
}
