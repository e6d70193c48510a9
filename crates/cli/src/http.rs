//! Answers of the static server: which file a URL names, and what type it has.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tiny_http::{Header, Method, Request, Response};

/// What a URL leads to.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    File(PathBuf),
    /// A directory without its final slash: relative links in its index would break.
    Redirect(String),
    Missing,
}

/// Answers one request with a file under `root`. `root` is canonical.
///
/// # Errors
/// When the answer cannot be sent.
pub fn answer(request: Request, root: &Path) -> io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(text(405, "only GET and HEAD are answered\n"));
    }
    match resolve(root, request.url()) {
        Target::File(path) => match file_response(&request, &path) {
            Ok(response) => {
                request.respond(with_header(response, "Content-Type", media_type(&path)))
            }
            Err(error) => request.respond(text(500, &format!("{error}\n"))),
        },
        Target::Redirect(to) => request.respond(with_header(text(301, ""), "Location", &to)),
        Target::Missing => {
            let page = root.join("404.html");
            match File::open(&page) {
                Ok(file) => {
                    let response = Response::from_file(file).with_status_code(404);
                    request.respond(with_header(response, "Content-Type", media_type(&page)))
                }
                Err(_) => request.respond(text(404, "not found\n")),
            }
        }
    }
}

/// The file, or the bytes of it that are asked for.
fn file_response(request: &Request, path: &Path) -> io::Result<Response<io::Take<File>>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let header = request.headers().iter().find(|header| header.field.equiv("Range"));
    let range = header.and_then(|header| byte_range(header.value.as_str(), length));
    let (status, Range { start, end }) = match &range {
        Some(range) => (206, range.clone()),
        None => (200, 0..length),
    };
    file.seek(SeekFrom::Start(start))?;
    let bytes = end - start;
    let response =
        Response::new(status.into(), vec![], file.take(bytes), usize::try_from(bytes).ok(), None)
            // A length instead of chunks, whatever the size: progress bars need it.
            .with_chunked_threshold(usize::MAX);
    let answered = range.map(|range| format!("bytes {}-{}/{length}", range.start, range.end - 1));
    Ok(match answered {
        Some(answered) => with_header(response, "Content-Range", &answered),
        None => response,
    })
}

/// The bytes of a file of `length` that a `Range` header asks for (RFC 9110, section 14). `None` for whole files, for several ranges
/// and for ends of files, which a server may answer with the whole.
fn byte_range(header: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let (start, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let end = last.saturating_add(1).min(length);
    (start < end).then_some(start..end)
}

fn text(status: u16, body: &str) -> Response<Cursor<Vec<u8>>> {
    Response::from_string(body).with_status_code(status)
}

fn with_header<R: io::Read>(response: Response<R>, name: &str, value: &str) -> Response<R> {
    match Header::from_bytes(name, value) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

fn resolve(root: &Path, url: &str) -> Target {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let Some(decoded) = percent_decoded(path) else { return Target::Missing };
    let mut file = root.to_path_buf();
    for part in decoded.split('/').filter(|part| !part.is_empty() && *part != ".") {
        // A part is one name below: never a step up, a drive or a second separator.
        if part == ".." || part.contains(['\\', ':', '\0']) {
            return Target::Missing;
        }
        file.push(part);
    }
    if file.is_dir() {
        if !path.ends_with('/') {
            // Leading slashes are one, or the browser would take what follows for a host.
            return Target::Redirect(format!("/{}/", path.trim_start_matches('/')));
        }
        file.push("index.html");
    }
    if file.is_file() { Target::File(file) } else { Target::Missing }
}

/// `None` for a broken escape or bytes that are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let value = |digit: u8| char::from(digit).to_digit(16);
            bytes.push((value(digits[0])? * 16 + value(digits[1])?) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The media type of a file by its ending. Types follow the WHATWG MIME Sniffing standard and the IANA
/// registry; unknown endings are plain bytes.
fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "txt" | "md" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn urls_lead_to_files_below_the_root_and_nowhere_else() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("site");
        fs::create_dir_all(root.join("a b/c")).unwrap();
        fs::write(directory.path().join("secret"), "x").unwrap();
        for file in ["index.html", "a b/index.html", "x.wasm"] {
            fs::write(root.join(file), "x").unwrap();
        }
        let found = |url: &str| resolve(&root, url);
        assert_eq!(found("/"), Target::File(root.join("index.html")));
        assert_eq!(found("/x.wasm?v=1"), Target::File(root.join("x.wasm")));
        assert_eq!(found("/a%20b/"), Target::File(root.join("a b/index.html")));
        assert_eq!(found("/a%20b"), Target::Redirect("/a%20b/".into()));
        assert_eq!(found("//a%20b"), Target::Redirect("/a%20b/".into()));
        for url in [
            "/../secret",
            "/%2e%2e/secret",
            "/a%20b/..%2f..%2fsecret",
            "/..%5csecret",
            "/%zz",
            "/%ff",
            "/c/",
            "/a%20b/c/",
        ] {
            assert_eq!(found(url), Target::Missing, "{url}");
        }
    }

    #[test]
    fn a_range_of_bytes_is_read_and_anything_else_is_the_whole_file() {
        assert_eq!(byte_range("bytes=2-4", 10), Some(2..5));
        assert_eq!(byte_range("bytes=2-99", 10), Some(2..10));
        assert_eq!(byte_range("bytes=0-18446744073709551615", 10), Some(0..10));
        for other in [
            "",
            "bytes=",
            "bytes=4-2",
            "bytes=10-12",
            "bytes=-5",
            "bytes=5-",
            "bytes=0-1,3-4",
            "lines=0-1",
        ] {
            assert_eq!(byte_range(other, 10), None, "{other}");
        }
    }

    #[test]
    fn modules_and_wasm_have_the_types_that_browsers_insist_on() {
        assert_eq!(media_type(Path::new("a.js")), "text/javascript; charset=utf-8");
        assert_eq!(media_type(Path::new("a.WASM")), "application/wasm");
        assert_eq!(media_type(Path::new("a.sxt")), "application/octet-stream");
    }
}
