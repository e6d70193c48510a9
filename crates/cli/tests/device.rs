//! `sextant build --device`: a GPU that is not there or not faster costs nobody a bundle, and one that is gives the CPU's answers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::process::Command;
use support::{Said, Site};

const BUILD: [&str; 4] = ["build", "site", "--no-engine", "--no-encoder-files"];

fn on(site: &Site, device: &str) -> Command {
    let mut command = site.command(&BUILD);
    command.args(["--json", "--device", device]);
    command
}

fn said(mut command: Command) -> Said {
    Said::of(command.output().unwrap())
}

/// A system on which no driver is installed.
#[cfg(target_os = "linux")]
fn without_drivers(mut command: Command) -> Said {
    command.env("VK_DRIVER_FILES", "/nowhere").env("VK_ICD_FILENAMES", "/nowhere");
    said(command)
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_driver_a_gpu_that_was_asked_for_is_an_error_with_a_way_out_and_auto_is_the_cpu() {
    let site = Site::new();
    site.build();
    let files = site.files("site/sextant");
    without_drivers(on(&site, "gpu")).refused(1, &["no GPU"]);
    assert_eq!(site.files("site/sextant"), files, "what was there stays");
    let auto = without_drivers(on(&site, "auto"));
    assert_eq!(auto.json()["encoded"], 0, "the cache of the CPU's vectors: {}", auto.stderr);
    assert_eq!(site.files("site/sextant"), files);
}

#[test]
fn on_an_adapter_the_answers_are_the_cpus_and_vectors_of_one_are_not_taken_for_the_others() {
    let site = Site::new();
    let query = ["query", "site", "how do I make a loaf", "--json"];
    let passages = site.build();
    assert_eq!(passages.code, 0);
    let expected = site.run(&query).json();
    let built = said(on(&site, "gpu"));
    if built.code == 1 && built.stderr.contains("no GPU") {
        assert!(option_env!("CI") != Some("true"), "{}: install mesa-vulkan-drivers", built.stderr);
        println!("skipped: {}", built.stderr);
        return;
    }
    let report = built.json();
    assert_eq!(report["encoded"], report["passages"], "{}", built.stderr);
    let found = site.run(&query).json();
    let urls = |answer: &serde_json::Value| {
        let results = answer["results"].as_array().unwrap();
        results.iter().map(|result| result["url"].to_string()).collect::<Vec<_>>()
    };
    assert!(!urls(&expected).is_empty());
    assert_eq!(urls(&found), urls(&expected));
    assert_eq!(said(on(&site, "gpu")).json()["encoded"], 0, "cached");
    assert_eq!(said(on(&site, "cpu")).json()["encoded"], 0, "as before");
}
