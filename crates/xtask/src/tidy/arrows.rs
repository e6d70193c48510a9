//! Arrows point down: cli → train, wasm → build, search → index, encoder, source → kernels, gpu, text → core.

use super::Fault;

/// The rooms by floor, lowest first. A room depends on rooms of lower floors only.
const FLOORS: &[&[&str]] = &[
    &["core"],
    &["kernels", "gpu", "text"],
    &["index", "encoder", "source"],
    &["build", "search"],
    &["wasm", "train"],
    &["cli"],
];

/// Every `crates/<room>/Cargo.toml`: its dependencies lie on lower floors, and it takes the lints.
/// Development dependencies may point anywhere that cargo allows.
pub fn point_down(name: &str, text: &str) -> Vec<Fault> {
    let room = name.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml"));
    let Some(room) = room.filter(|room| *room != "xtask") else { return Vec::new() };
    let Some(floor) = floor_of(room) else {
        return vec![Fault::whole(format!("room {room:?} has no floor in xtask's table"))];
    };
    let mut faults = Vec::new();
    let mut counts = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.starts_with('[') {
            counts = content.contains("dependencies") && !content.contains("dev-dependencies");
        }
        let other = content.strip_prefix("sextant-").filter(|_| counts);
        let Some(other) = other.and_then(|rest| rest.split(['.', ' ', '=']).next()) else {
            continue;
        };
        if floor_of(other).is_none_or(|other| other >= floor) {
            faults.push(Fault::at(line, format!("{room} → {other} does not point down")));
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        faults.push(Fault::whole("no `[lints] workspace = true`"));
    }
    faults
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "\n[lints]\nworkspace = true\n";

    #[test]
    fn a_dependency_on_a_lower_floor_passes_and_a_sideways_or_upward_one_does_not() {
        let faults = |depends: &str| {
            let text = format!("[dependencies]\nsextant-{depends}.workspace = true\n{LINTS}");
            point_down("crates/index/Cargo.toml", &text).len()
        };
        assert_eq!(faults("core"), 0);
        assert_eq!(faults("kernels"), 0);
        assert_eq!(faults("encoder"), 1);
        assert_eq!(faults("search"), 1);
        assert_eq!(faults("unheard-of"), 1);
    }

    #[test]
    fn tests_may_depend_on_anything_and_targets_count() {
        let text = format!("[dev-dependencies]\nsextant-search.workspace = true\n{LINTS}");
        assert_eq!(point_down("crates/index/Cargo.toml", &text), vec![]);
        let text = format!("[target.'cfg(unix)'.dependencies]\nsextant-search = {{}}\n{LINTS}");
        assert_eq!(point_down("crates/index/Cargo.toml", &text).len(), 1);
    }

    #[test]
    fn a_room_without_a_floor_or_without_the_lints_is_a_fault() {
        assert_eq!(point_down("crates/attic/Cargo.toml", LINTS).len(), 1);
        assert_eq!(point_down("crates/core/Cargo.toml", "").len(), 1);
    }
}
