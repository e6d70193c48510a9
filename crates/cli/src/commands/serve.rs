//! `sextant serve`: a directory over HTTP, for a look before publishing.

use crate::failure::Failure;
use crate::http;
use anyhow::Result;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tiny_http::Server;

/// Requests that are answered at the same time; a browser opens six connections to a host.
const WORKERS: usize = 8;

/// Serve a directory over HTTP, for a look before you publish
///
/// A plain static file server: no compression, no special response headers. What works here works on any host.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  sextant serve public --port 8080")]
pub struct ServeArgs {
    /// The directory to serve
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4173)]
    port: u16,
    /// Address to listen on; 0.0.0.0 is reachable from other machines
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Configuration file instead of ./sextant.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Serves until the process is ended.
pub fn run(args: &ServeArgs) -> Result<()> {
    let root = args.dir.canonicalize().map_err(|error| {
        Failure::new(format!("{}: {error}", args.dir.display()))
            .hint("give the directory of a built site")
    })?;
    if !root.is_dir() {
        return Err(Failure::new(format!("{}: not a directory", args.dir.display())).into());
    }
    let server = Server::http((args.host.as_str(), args.port)).map_err(|error| {
        Failure::new(format!("cannot listen on {}:{}: {error}", args.host, args.port)).hint(
            "another program may have this port: pass another --port, or 0 for any that is free",
        )
    })?;
    let address = server.server_addr().to_ip();
    let port = address.map_or(args.port, |address| address.port());
    let host = if args.host.contains(':') { format!("[{}]", args.host) } else { args.host.clone() };
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}: http://{host}:{port}/ (Ctrl+C ends it)", args.dir.display())?;
    stdout.flush()?;
    drop(stdout);

    let server = Arc::new(server);
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (server, root) = (Arc::clone(&server), root.clone());
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // A reader that hangs up is no fault of the server.
                    let _ = http::answer(request, &root);
                }
            })
        })
        .collect();
    for worker in workers {
        if worker.join().is_err() {
            return Err(Failure::new("a worker of the server ended unexpectedly").into());
        }
    }
    Ok(())
}
