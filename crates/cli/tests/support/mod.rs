//! A small site, and the real command to run over it.

#![allow(dead_code, reason = "each test file uses its part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop here")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory that is gone with the test, with a site in it.
pub struct Site {
    directory: tempfile::TempDir,
}

/// Three pages that share no subject.
pub const PAGES: [(&str, &str); 3] = [
    (
        "index.html",
        "<html lang=en><title>Kitchen</title><main><h1>Kitchen</h1><h2 id=bread>Baking bread</h2>\
         <p>Knead flour, water and yeast. Let the dough rise for two hours, then bake the loaf in a hot oven.</p></main>",
    ),
    (
        "garden/roses.html",
        "<html lang=en><title>Roses</title><main><h1>Roses</h1><h2 id=pruning>Pruning</h2>\
         <p>Cut the stems in early spring, above a bud that faces outwards. Remove dead wood.</p></main>",
    ),
    (
        "computer.html",
        "<html lang=en><title>Computer</title><main><h1>Computer</h1><h2 id=restart>Restarting</h2>\
         <p>Hold the power button until the screen goes dark. Call <code>Vec::with_capacity</code> afterwards.</p></main>",
    ),
];

impl Site {
    /// The pages of [`PAGES`] in `site/`.
    pub fn new() -> Self {
        let site = Self::empty();
        for (name, text) in PAGES {
            site.write(&format!("site/{name}"), text);
        }
        site
    }

    /// An empty `site/`.
    pub fn empty() -> Self {
        let site = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(site.path("site")).unwrap();
        site
    }

    /// A path below the temporary directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file and the directories above it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The command in this directory, with a cache of its own and no variables of ours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sextant"));
        command.current_dir(self.directory.path()).args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SEXTANT_") {
                command.env_remove(name);
            }
        }
        command.env("XDG_CACHE_HOME", self.path("cache")).env_remove("NO_COLOR");
        command
    }

    /// Runs the command and takes what it said.
    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// Builds `site/` with the default encoder, without its files and without the engine.
    pub fn build(&self) -> Said {
        let said = self.run(&["build", "site", "--no-engine", "--no-encoder-files"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        said
    }

    /// Every file below `name`, with its bytes.
    pub fn files(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.path(name), &self.path(name), &mut found);
        found
    }

    /// The path of a file of the bundle whose name starts with `start`.
    pub fn shard(&self, start: &str) -> PathBuf {
        let files = self.files("site/sextant");
        let shard = |name: &&String| name.starts_with(start) && name.ends_with(".sxt");
        let name = files.keys().find(shard).unwrap();
        self.path("site/sextant").join(name)
    }

    /// Changes the manifest as text.
    pub fn edit_manifest(&self, from: &str, to: &str) {
        let path = self.path("site/sextant/manifest.json");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// What a run of the command said.
#[derive(Debug)]
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// From what the system gave.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts failure with `code`, one `error:` line that has all of `words`, and a way out.
    pub fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        let line = self.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        for word in words {
            assert!(line.contains(word), "{word:?} is not in {:?}", self.stderr);
        }
        let way_out = self.stderr.contains("\nhint: ") || line.contains("; ");
        assert!(way_out, "no way out in {:?}", self.stderr);
    }
}
