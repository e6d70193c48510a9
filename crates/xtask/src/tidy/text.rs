//! Rules about any text: nothing of one machine in it, and invariants that say what enforces them.

use super::Fault;

/// No path of one person's machine: it works there alone.
pub fn no_machine_paths(name: &str, text: &str) -> Vec<Fault> {
    // Spelt in two halves, or these lines would be faults.
    let roots = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("\\Us", "ers\\"),
    ];
    if name.ends_with(".lock") {
        return Vec::new();
    }
    let starts = |line: &str, root: &str| {
        line.match_indices(root).any(|(at, _)| {
            // `example.org/home/` and `../home/` are no paths of a machine.
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| !(c.is_alphanumeric() || "._-}/".contains(c)))
        })
    };
    (1..)
        .zip(text.lines())
        .filter_map(|(number, line)| {
            let root = roots.iter().find(|root| starts(line, root))?;
            Some(Fault::at(number, format!("a path of one machine ({root}…)")))
        })
        .collect()
}

/// Lock files name versions and checksums, not the host that a machine happened to install from.
pub fn no_download_addresses(name: &str, text: &str) -> Vec<Fault> {
    const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let fault = |line: &str| match name {
        "package-lock.json" => line.contains("\"resolved\":"),
        "Cargo.lock" => line.starts_with("source = ") && !line.contains(CRATES),
        _ => false,
    };
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| fault(line))
        .map(|(number, _)| Fault::at(number, "a download address in a lock file"))
        .collect()
}

/// Each point under `## Invariants` in `ARCHITECTURE.md` names what enforces it.
pub fn invariants_are_enforced(name: &str, text: &str) -> Vec<Fault> {
    if name != "ARCHITECTURE.md" {
        return Vec::new();
    }
    let mut section = (1..)
        .zip(text.lines())
        .skip_while(|(_, line)| *line != "## Invariants")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("## "))
        .peekable();
    let mut points = 0;
    let mut faults = Vec::new();
    while let Some((number, line)) = section.next() {
        if !line.starts_with("- ") {
            continue;
        }
        points += 1;
        let mut enforced = line.contains("Enforced by");
        while let Some((_, more)) = section.next_if(|(_, line)| line.starts_with("  ")) {
            enforced |= more.contains("Enforced by");
        }
        if !enforced {
            faults.push(Fault::at(number, "an invariant without `Enforced by`"));
        }
    }
    if points == 0 {
        faults.push(Fault::whole("no invariant under `## Invariants`"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found_and_a_url_is_not_one() {
        let faults = |line: &str| no_machine_paths("a.md", line).len();
        assert_eq!(faults(concat!("run /ho", "me/ann/x")), 1);
        assert_eq!(faults(concat!("\"/ro", "ot/x\"")), 1);
        assert_eq!(faults(concat!("https://example.org/ho", "me/x")), 0);
        assert_eq!(faults(concat!("../ho", "me/x")), 0);
    }

    #[test]
    fn a_lock_file_with_an_address_is_a_fault() {
        let address = "  \"resolved\": \"https://example.org/a.tgz\",";
        assert_eq!(no_download_addresses("package-lock.json", address).len(), 1);
        assert_eq!(no_download_addresses("a.json", address), vec![]);
        assert_eq!(no_download_addresses("Cargo.lock", "source = \"git+https://a\"").len(), 1);
    }

    #[test]
    fn an_invariant_that_nothing_enforces_is_a_fault() {
        let faults = |text: &str| {
            let text = format!("# Map\n\n## Invariants\n{text}\n## Absent\n- Threads.\n");
            invariants_are_enforced("ARCHITECTURE.md", &text).len()
        };
        assert_eq!(faults("- **A.** It is. Enforced by `tidy`.\n- **B.** It is.\n"), 1);
        assert_eq!(faults("- **A.** It is.\n  Enforced by `tidy`.\n"), 0);
        assert_eq!(faults("Nothing.\n"), 1);
    }
}
