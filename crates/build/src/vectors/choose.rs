//! The choice of a plan: what each would cost a reader and find, measured on the collection, and why one
//! was taken.

use super::coded::Coded;
use super::plan::{Axes, Plan};
use super::recall::HeldOut;
use super::{Search, VectorOptions};
use crate::error::BuildError;
use serde::{Deserialize, Serialize};
use sextant_index::vectors::{Bits, Code};

/// Bytes of a passage that a reader is to fetch at most, where the build chooses.
const MOST_BYTES: usize = 98;
/// How much more than that the axes may add, as a share of all codes.
const MOST_FOR_AXES: f64 = 0.05;
/// Collections whose int8 codes are no more than this need no shorter ones.
const SMALL: usize = 64 * 1024;
/// Bytes of codes that are fetched at once: more lie in clusters, of which a question fetches some.
const FETCHED_AT_ONCE: usize = 64 * 1024;
/// Dimensions of codes that lie in clusters, in 2 bits along the principal axes: of the plans that were
/// tried it ranks best for what a question fetches (`docs/decisions.md`).
const DIMENSIONS_IN_CLUSTERS: u32 = 192;
/// Nanoseconds that a byte of the first plane takes to scan in a browser, by `npm run bench -- scan`.
const NS_A_BYTE: f64 = 0.4;
/// The same for a byte of a sketch, with the scores that follow.
const NS_A_SKETCH_BYTE: f64 = 0.15;
/// Recalls that are no further apart count as equal: so well does a build know them.
const EQUAL: f64 = 0.005;

/// A plan and what it comes to. Bytes and times are of one reader's first search by meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Weighed {
    /// `4bit principal 192`, or with another search than a scan `4bit principal 192, graph`.
    pub plan: String,
    /// Bytes of a passage's codes.
    pub bytes: usize,
    /// Bytes that are fetched: codes, and axes if they have any.
    pub fetched: usize,
    /// Milliseconds of a scan on one core, estimated.
    pub ms: f64,
    /// Bytes in memory.
    pub memory: usize,
    /// Share of the ten nearest passages by float32 that it finds; absent where it was not measured.
    pub recall: Option<f64>,
    /// Why it was taken, or not.
    pub verdict: String,
}

/// What was chosen.
pub(super) struct Chosen {
    pub plan: Plan,
    pub coded: Coded,
    pub table: Vec<Weighed>,
    /// The row of `plan` in it.
    pub at: usize,
}

/// The plan of `passages` of `width` dimensions that should lie in clusters; none where they should not.
pub(super) fn in_clusters(passages: usize, width: usize, options: &VectorOptions) -> Option<Plan> {
    let plan = wanted(width, options).unwrap_or(Plan {
        code: Code::Levels(Bits::Two),
        dimensions: DIMENSIONS_IN_CLUSTERS.min(width as u32),
        axes: Axes::Principal,
    });
    let clustered = match options.search {
        Some(search) => search == Search::Clusters,
        None => plan.passage_bytes() * passages > FETCHED_AT_ONCE,
    };
    clustered.then_some(plan)
}

/// Weighs the plans that `options` leave open, and takes one.
pub(super) fn choose(
    rows: &[f32],
    width: usize,
    options: &VectorOptions,
    held_out: &HeldOut,
    cuts: Option<&[u32]>,
) -> Result<Chosen, BuildError> {
    let passages = rows.len() / width.max(1);
    let (plans, why) = candidates(passages, width, options);
    let mut best: Option<(usize, f64, Plan, Coded)> = None;
    let mut table: Vec<Weighed> = vec![];
    for plan in plans {
        let coded = Coded::new(rows, width, &plan.planes(passages), &plan, cuts)?;
        let recall = coded.recall(rows, held_out)?;
        let fetched = plan.passage_bytes() * passages + coded.basis_bytes();
        let better = best.as_ref().is_none_or(|(_, known, ..)| recall > known + EQUAL);
        table.push(weighed(&plan, passages, fetched, Some(recall)));
        if better {
            best = Some((table.len() - 1, recall, plan, coded));
        }
    }
    // There is always a candidate; were there none, the default would be it.
    let (at, _, plan, coded) = match best {
        Some(best) => best,
        None => {
            let plan = by_default(width);
            let coded = Coded::new(rows, width, &plan.planes(passages), &plan, cuts)?;
            table.push(weighed(&plan, passages, plan.passage_bytes() * passages, None));
            (table.len() - 1, 0.0, plan, coded)
        }
    };
    for (number, row) in table.iter_mut().enumerate() {
        let of = if number == at { why } else { "finds less" };
        of.clone_into(&mut row.verdict);
    }
    table.extend(others(passages, width, &table));
    Ok(Chosen { plan, coded, table, at })
}

fn wanted(width: usize, options: &VectorOptions) -> Option<Plan> {
    let VectorOptions { code, dimensions, axes, .. } = options;
    if code.is_none() && dimensions.is_none() && axes.is_none() {
        return None;
    }
    let dimensions = dimensions.unwrap_or(width as u32).min(width as u32);
    let fewer = (dimensions as usize) < width;
    let axes = axes.unwrap_or(if fewer { Axes::Principal } else { Axes::Random });
    let code = code.unwrap_or(Code::Levels(if fewer { Bits::Four } else { Bits::Two }));
    let dimensions = if code.needs_basis() { dimensions } else { width as u32 };
    Some(Plan { code, dimensions, axes })
}

/// Two bits a dimension, or as many random dimensions as that leaves.
fn by_default(width: usize) -> Plan {
    let most = (MOST_BYTES - Code::Levels(Bits::Two).scale_bytes()) * 8 / Bits::Two.count();
    let dimensions = width.min(most) as u32;
    Plan { code: Code::Levels(Bits::Two), dimensions, axes: Axes::Random }
}

/// The plans to weigh, and why the best of them is taken.
fn candidates(passages: usize, width: usize, options: &VectorOptions) -> (Vec<Plan>, &'static str) {
    if let Some(plan) = wanted(width, options) {
        return (vec![plan], "asked for");
    }
    if let Some(plan) = in_clusters(passages, width, options) {
        return (vec![plan], "best for the bytes of a few clusters");
    }
    let int8 = Plan { code: Code::Int8, dimensions: width as u32, axes: Axes::Random };
    if int8.passage_bytes() * passages <= SMALL {
        return (vec![int8], "small enough to need no shorter codes");
    }
    let mut plans = vec![by_default(width)];
    let dimensions = (MOST_BYTES - Code::Levels(Bits::Four).scale_bytes()) as u32 * 2;
    let principal = Plan { code: Code::Levels(Bits::Four), dimensions, axes: Axes::Principal };
    let axes = (dimensions as usize * width) as f64;
    let codes = (passages * principal.passage_bytes()) as f64;
    if (dimensions as usize) < width && axes <= codes * MOST_FOR_AXES {
        plans.push(principal);
    }
    (plans, "finds most within the bytes")
}

/// Codes that a build does not weigh by itself, for comparison.
fn others(passages: usize, width: usize, known: &[Weighed]) -> Vec<Weighed> {
    let all = |code| Plan { code, dimensions: width as u32, axes: Axes::Random };
    let plans =
        [Code::Levels(Bits::One), Code::Levels(Bits::Two), Code::Levels(Bits::Four), Code::Int8];
    let plans = plans.into_iter().map(all);
    let mut rows: Vec<Weighed> = plans
        .map(|plan| {
            let bytes = plan.passage_bytes();
            let mut row = weighed(&plan, passages, bytes * passages, None);
            row.verdict = match bytes > MOST_BYTES {
                true => format!("more than {MOST_BYTES} bytes a passage"),
                false => "not weighed".to_owned(),
            };
            row
        })
        .collect();
    rows.retain(|row| known.iter().all(|other| other.plan != row.plan));
    rows
}

fn weighed(plan: &Plan, passages: usize, fetched: usize, recall: Option<f64>) -> Weighed {
    Weighed {
        plan: plan.name(),
        bytes: plan.passage_bytes(),
        fetched,
        ms: scan_ms(plan, passages),
        memory: fetched + passages * size_of::<f32>() + sketch_bytes(plan, passages).unwrap_or(0),
        recall,
        verdict: String::new(),
    }
}

/// Bytes of all sketches, where `plan` has some.
fn sketch_bytes(plan: &Plan, passages: usize) -> Option<usize> {
    let dimensions = plan.sketch(&plan.planes(passages), passages)?;
    Some(dimensions as usize / 8 * passages)
}

/// Milliseconds of a scan of the sketches, or of the first plane without them.
fn scan_ms(plan: &Plan, passages: usize) -> f64 {
    if let Some(bytes) = sketch_bytes(plan, passages) {
        return bytes as f64 * NS_A_SKETCH_BYTE / 1e6;
    }
    let first = plan.planes(passages).into_iter().next();
    let bytes = first.map_or(0, |plane| plane.code.row_bytes(plane.width()));
    (bytes * passages) as f64 * NS_A_BYTE / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(passages: usize, width: usize, options: &VectorOptions) -> Vec<String> {
        candidates(passages, width, options).0.iter().map(Plan::name).collect()
    }

    #[test]
    fn small_collections_keep_int8_and_large_ones_lie_in_clusters() {
        let options = VectorOptions::default();
        assert_eq!(names(100, 384, &options), ["int8 384"]);
        assert_eq!(names(900, 384, &options), ["2bit random 384"]);
        assert_eq!(names(2_000, 384, &options), ["2bit principal 192"]);
        assert_eq!(names(20_000, 64, &options), ["2bit principal 64"]);
    }

    #[test]
    fn what_is_scanned_whole_is_weighed_by_what_all_of_it_costs() {
        let options = VectorOptions { search: Some(Search::Scan), ..VectorOptions::default() };
        assert_eq!(names(2_000, 384, &options), ["2bit random 384"]);
        assert_eq!(names(20_000, 384, &options), ["2bit random 384", "4bit principal 192"]);
        assert_eq!(names(20_000, 768, &options), ["2bit random 384"]);
        assert_eq!(names(20_000, 64, &options), ["2bit random 64"]);
    }

    #[test]
    fn what_is_asked_for_is_completed() {
        let with = |code, dimensions, axes| VectorOptions {
            code,
            dimensions,
            axes,
            ..VectorOptions::default()
        };
        let four = Some(Code::Levels(Bits::Four));
        assert_eq!(names(9, 384, &with(four, None, None)), ["4bit random 384"]);
        assert_eq!(names(9, 384, &with(four, Some(128), None)), ["4bit principal 128"]);
        assert_eq!(names(9, 384, &with(None, Some(128), Some(Axes::Random))), ["4bit random 128"]);
        assert_eq!(names(9, 384, &with(Some(Code::Int8), Some(128), None)), ["int8 384"]);
        assert_eq!(names(9, 384, &with(four, Some(9999), None)), ["4bit random 384"]);
    }

    #[test]
    fn clusters_come_where_codes_are_many_or_where_they_are_asked_for() {
        let options = VectorOptions::default();
        let clustered =
            |passages, options: &VectorOptions| in_clusters(passages, 384, options).is_some();
        assert!(!clustered(900, &options) && clustered(1_400, &options));
        let asked = |search| VectorOptions { search: Some(search), ..VectorOptions::default() };
        assert!(clustered(10, &asked(Search::Clusters)));
        assert!(!clustered(2_000_000, &asked(Search::Scan)));
    }
}
