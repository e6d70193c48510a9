//! `sextant serve` as a browser sees it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use support::Site;

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(site: &Site) -> Server {
    let mut child =
        site.command(&["serve", "site", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    Server { child, address }
}

/// Head and body of an answer.
fn ask(server: &Server, method: &str, path: &str) -> (String, String) {
    ask_with(server, method, path, "Accept: */*")
}

/// The same with one more header.
fn ask_with(server: &Server, method: &str, path: &str, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close");
    write!(stream, "{head}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn files_have_their_types_and_lengths_and_nothing_outside_is_served() {
    let site = Site::new();
    site.write("secret.txt", "secret");
    site.write("site/x.wasm", &"w".repeat(100_000));
    site.write("site/a b.js", "export {};");
    let server = serve(&site);
    let (head, body) = ask(&server, "GET", "/");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("text/html; charset=utf-8"),
        "{head}"
    );
    assert!(body.contains("Kitchen"));
    let (head, body) = ask(&server, "GET", "/x.wasm?v=1");
    assert!(head.contains("application/wasm") && head.contains("Content-Length: 100000"), "{head}");
    assert_eq!(body.len(), 100_000);
    let (head, _) = ask(&server, "GET", "/a%20b.js");
    assert!(head.contains("text/javascript"), "{head}");
    let (head, body) = ask(&server, "HEAD", "/x.wasm");
    assert!(head.contains("200") && body.is_empty(), "{head}");
    let (head, _) = ask(&server, "GET", "/garden");
    assert!(head.contains("301") && head.contains("Location: /garden/"), "{head}");
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/nothing"] {
        let (head, body) = ask(&server, "GET", path);
        assert!(head.starts_with("HTTP/1.1 404") && !body.contains("secret"), "{path}: {head}");
    }
    let (head, _) = ask(&server, "POST", "/");
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
}

#[test]
fn a_part_of_a_file_is_served_alone() {
    let site = Site::new();
    site.write("site/x.sxt", "0123456789");
    let server = serve(&site);
    let (head, body) = ask_with(&server, "GET", "/x.sxt", "Range: bytes=3-5");
    assert!(head.starts_with("HTTP/1.1 206") && head.contains("Content-Length: 3"), "{head}");
    assert!(head.contains("Content-Range: bytes 3-5/10"), "{head}");
    assert_eq!(body, "345");
    let (head, body) = ask_with(&server, "GET", "/x.sxt", "Range: bytes=30-50");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "0123456789");
}

#[test]
fn a_directory_that_is_not_there_and_a_port_that_is_taken_are_refused() {
    let site = Site::new();
    site.run(&["serve", "nowhere"]).refused(1, &["nowhere"]);
    let server = serve(&site);
    let port = server.address.split(':').nth(1).unwrap();
    site.run(&["serve", "site", "--port", port]).refused(1, &[port]);
}
