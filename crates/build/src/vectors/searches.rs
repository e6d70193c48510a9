//! What each way to search the chosen codes costs a reader, beside a scan of all of them.

use super::GraphReport;
use super::choose::Weighed;

/// Bytes that a graph adds to a passage: 16 neighbours in the lowest layer, half as many in the few above
/// (`docs/decisions.md`).
const GRAPH_BYTES: f64 = 37.0;
/// Passages that a search along a graph follows at least: ranking asks for so many.
const FOLLOWED: u32 = 200;
/// Nanoseconds that following one takes in a browser, by `npm run bench -- scan`.
const NS_A_FOLLOWED: f64 = 600.0;

/// Rows for clusters and for a graph of neighbours over what `scan`, the row of the chosen codes, has.
/// `clusters`: how many there are, and the share of the passages that a question looks into; `graph`: with
/// the share of the ten nearest by float32 that it finds.
pub(super) fn searches(
    scan: &Weighed,
    passages: usize,
    clusters: Option<(u32, f64)>,
    graph: Option<&GraphReport>,
) -> Vec<Weighed> {
    let mut rows = vec![];
    if let Some((count, looked_into)) = clusters {
        let codes = scan.bytes * passages;
        let centroids = scan.bytes * count as usize;
        let looked_at = (codes as f64 * looked_into) as usize;
        rows.push(Weighed {
            plan: format!("{}, clusters", scan.plan),
            fetched: scan.fetched.saturating_sub(codes) + centroids + looked_at,
            memory: scan.memory + centroids,
            ms: scan.ms * looked_into,
            recall: None,
            verdict: "at most: a budget ends it before".to_owned(),
            ..scan.clone()
        });
    }
    let bytes = graph.map_or((GRAPH_BYTES * passages as f64) as usize, |graph| graph.bytes);
    let followed = graph.map_or(FOLLOWED, |graph| graph.beam.max(FOLLOWED));
    let ms = f64::from(followed) * NS_A_FOLLOWED / 1e6;
    rows.push(Weighed {
        plan: format!("{}, graph", scan.plan),
        fetched: scan.fetched + bytes,
        memory: scan.memory + bytes,
        ms,
        recall: graph.map(|graph| graph.exact),
        verdict: match graph {
            Some(_) => "asked for".to_owned(),
            None if ms >= scan.ms => "no faster than a scan".to_owned(),
            None => "not built: all of it is fetched first".to_owned(),
        },
        ..scan.clone()
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan() -> Weighed {
        Weighed {
            plan: "2bit principal 192".to_owned(),
            bytes: 50,
            fetched: 1_075_000,
            ms: 2.0,
            memory: 2_000_000,
            recall: Some(0.9),
            verdict: "asked for".to_owned(),
        }
    }

    #[test]
    fn clusters_cost_their_share_and_the_centroids() {
        let rows = searches(&scan(), 20_000, Some((300, 0.5)), None);
        assert_eq!(rows[0].plan, "2bit principal 192, clusters");
        assert_eq!((rows[0].fetched, rows[0].ms), (75_000 + 15_000 + 500_000, 1.0));
        assert_eq!(rows[1].plan, "2bit principal 192, graph");
    }

    #[test]
    fn a_graph_adds_its_bytes_and_is_as_fast_whatever_there_is() {
        let [row] = &searches(&scan(), 20_000, None, None)[..] else { panic!("one row") };
        assert_eq!((row.fetched, row.recall), (1_075_000 + 740_000, None));
        assert!(row.verdict.starts_with("not built"), "{}", row.verdict);
        let short = Weighed { ms: 0.1, ..scan() };
        assert_eq!(searches(&short, 1_000, None, None)[0].verdict, "no faster than a scan");
        let order = "shuffled".to_owned();
        let graph = GraphReport { order, beam: 400, recall: 1.0, exact: 0.8, bytes: 9 };
        let [built] = &searches(&scan(), 20_000, None, Some(&graph))[..] else { panic!("one row") };
        assert_eq!((built.fetched, built.recall), (1_075_009, Some(0.8)));
        assert_eq!(built.ms, 2.0 * row.ms);
    }
}
