//! `sextant model`: what is wrong with an encoder or a calibration text is said before minutes of work.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use support::Site;

/// A file of the default encoder's directory.
fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/all-MiniLM-L6-v2").join(name)
}

#[test]
fn the_small_form_says_how_it_was_made() {
    let said =
        Site::empty().run(&["model", "inspect", model("query.safetensors").to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for expected in ["linear int4", "tokens product", "2,500 passages", "96 bytes a token"] {
        assert!(said.stdout.contains(expected), "{expected}: {}", said.stdout);
    }
}

#[test]
fn what_cannot_be_quantized_is_refused_with_the_reason() {
    let site = Site::empty();
    let (whole, small) = (model("encoder.safetensors"), model("query.safetensors"));
    let quantize = |from: &Path, calibration: &str, more: &[&str]| {
        let fixed = ["model", "quantize", from.to_str().unwrap(), "-o", "out", "--calibration"];
        site.run(&[&fixed[..], &[calibration], more].concat())
    };
    quantize(&whole, "none.txt", &[]).refused(1, &["none.txt"]);
    site.write("few.txt", "one passage\nand another\n\n");
    quantize(&whole, "few.txt", &[]).refused(1, &["2 passages", "at least 64"]);
    quantize(&small, "few.txt", &[]).refused(1, &["small form", "--precision f32"]);
    quantize(&whole, "few.txt", &["--token-bytes", "100"]).refused(1, &["100 bytes", "384"]);
    quantize(Path::new("few.txt"), "few.txt", &[])
        .refused(1, &["few.txt", "not an encoder container"]);
    assert!(!site.path("out").exists());
}

/// What `sextant model encode` makes of `lines`.
fn encode(args: &[&str], lines: &[u8]) -> Output {
    let mut command = Site::empty().command(&[&["model", "encode"], args].concat());
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines).unwrap();
    child.wait_with_output().unwrap()
}

/// The vector in the first line, which has length 1.
fn first_vector(output: Output) -> Vec<f32> {
    let first = String::from_utf8(output.stdout).unwrap();
    let vector: Vec<f32> = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    let squares: f32 = vector.iter().map(|value| value * value).sum();
    assert!(vector.len() == 384 && (squares - 1.0).abs() < 1e-5, "{squares}");
    vector
}

#[test]
fn a_line_that_is_no_json_string_is_named() {
    let output = encode(&[], b"\"stop a download\"\nunquoted\n");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdin, line 2"));
    first_vector(output);
}

#[test]
fn what_weights_say_unrounded_is_near_what_readers_compute_and_not_the_same() {
    let [usual, unrounded] =
        [&[][..], &["--unrounded"]].map(|args| first_vector(encode(args, b"\"a\"\n")));
    let cosine: f32 = usual.iter().zip(&unrounded).map(|(a, b)| a * b).sum();
    assert!((0.99..0.9999).contains(&cosine), "{cosine}");
}
