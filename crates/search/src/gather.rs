//! The fetching of shards for ranking: all that one stage needs at once, failures noted.

use crate::error::SearchError;
use crate::instant::Lookup;
use crate::join::join_all;
use crate::keys::Keys;
use crate::phrases::PhraseTerm;
use crate::plan::{self, Plan};
use crate::query::Query;
use crate::response::Degraded;
use crate::shards::Shards;
use crate::store::{Set, Store};
use crate::typos;
use crate::vector::{Asked, CodesSlot};
use crate::words::{self, Alternative, Concept, Loaded};
use sextant_core::error::BundleError;
use sextant_core::sort_by;
use sextant_index::filters::FiltersShard;
use sextant_index::vectors::{Basis, Clusters, Codes, Graph};
use sextant_index::words::{Bm25, WordsShard};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// What ranking starts from.
pub struct Gathered {
    /// The words shards of the plan that could be had, ascending.
    pub words: Vec<(usize, Rc<WordsShard>)>,
    /// All shards of the codes that are scanned, or none where they are not needed.
    pub codes: Vec<CodesSlot>,
    /// Whether some of these shards were not asked for: those of clusters that the question may not need.
    pub partial: bool,
    /// The basis of these codes, where they and the question need one.
    pub basis: Option<Rc<Basis>>,
    /// The question, where its words are looked up.
    pub lookup: Option<Lookup>,
    /// The clusters and their centroids, where the bundle has them.
    pub clusters: Option<(Rc<Clusters>, Rc<Codes>)>,
    /// The graph to search them along, and how wide, where the bundle has one.
    pub graph: Option<(Rc<Graph>, usize)>,
    /// The keys of metadata that are asked for.
    pub keys: Keys,
}

enum Fetched {
    Words(usize, Result<Rc<WordsShard>, SearchError>),
    Codes(u32, u32, Result<Rc<Codes>, SearchError>),
    Basis(Result<Option<Rc<Basis>>, SearchError>),
    Clusters(Result<(Rc<Clusters>, Rc<Codes>), SearchError>),
    Graph(Result<Rc<Graph>, SearchError>, u32),
    Lookup(Lookup),
    Filters(Result<Rc<FiltersShard>, SearchError>),
}

/// Notes a failure and goes on without.
pub fn noted<T>(result: Result<T, SearchError>, degraded: &mut Vec<Degraded>) -> Option<T> {
    let noted = result.map_err(|error| note(degraded, Degraded::from(&error)));
    noted.ok()
}

/// Adds `degraded` to the list unless it is there.
pub fn note(list: &mut Vec<Degraded>, degraded: Degraded) {
    if !list.contains(&degraded) {
        list.push(degraded);
    }
}

/// Fetches the words shards that `plan` needs, `filters`, and what the vector stage needs to answer `asked` by
/// `query`: all codes, or if they lie in clusters and are more than the budget none yet. Failures are noted in
/// `degraded`.
pub async fn gather<S: Shards>(
    store: &Store<S>,
    plan: &Plan,
    query: &Query,
    asked: Option<Asked<'_>>,
    filters: &[usize],
    degraded: &mut Vec<Degraded>,
) -> Gathered {
    type Boxed<'a> = Pin<Box<dyn Future<Output = Fetched> + 'a>>;
    let mut fetches: Vec<Boxed<'_>> = vec![];
    for shard in plan.shards(&store.manifest.words.shards) {
        fetches.push(Box::pin(async move { Fetched::Words(shard, store.words(shard).await) }));
    }
    let (mut codes, mut partial) = (vec![], false);
    if let (Some(vectors), Some(asked)) = (&store.manifest.vectors, asked) {
        match (asked, &vectors.tokens) {
            (Asked::Full(_), _) => {
                fetches.push(Box::pin(async { Fetched::Basis(store.basis().await) }));
            }
            (Asked::Words, Some(tokens)) => fetches.push(Box::pin(async move {
                Fetched::Lookup(Lookup::new(store, tokens, vectors.axes(), &query.text).await)
            })),
            (Asked::Words, None) => {}
        }
        if let Some(entry) = &vectors.clusters {
            fetches.push(Box::pin(async move {
                Fetched::Clusters(store.clusters(vectors, entry).await)
            }));
        }
        if let Some(entry) = &vectors.graph {
            fetches.push(Box::pin(
                async move { Fetched::Graph(store.graph(entry).await, entry.beam) },
            ));
        }
        let here = |shard: usize| store.kept_codes(shard);
        let shards = vectors.codes.shards.iter().enumerate();
        let lacking = shards.clone().filter(|(shard, _)| here(*shard).is_none());
        partial =
            vectors.clusters.is_some() && lacking.map(|(_, s)| s.bytes).sum::<u64>() > query.budget;
        for (shard, range) in shards {
            let (start, count) = (range.start, range.count);
            match here(shard) {
                Some(kept) => codes.push(CodesSlot { start, count, codes: Some(kept) }),
                None if partial => codes.push(CodesSlot { start, count, codes: None }),
                None => fetches.push(Box::pin(async move {
                    Fetched::Codes(start, count, store.codes(Set::Scanned, shard).await)
                })),
            }
        }
    }
    for shard in filters {
        fetches.push(Box::pin(async move { Fetched::Filters(store.filters(*shard).await) }));
    }
    let (mut words, mut basis) = (vec![], Some(None));
    let (mut keys, mut clusters, mut graph, mut lookup) = (Keys::default(), None, None, None);
    for fetched in join_all(fetches).await {
        match fetched {
            Fetched::Words(shard, result) => {
                words.extend(noted(result, degraded).map(|opened| (shard, opened)));
            }
            Fetched::Basis(result) => basis = noted(result, degraded),
            // Without them everything is scanned.
            Fetched::Clusters(result) => clusters = noted(result, degraded),
            Fetched::Graph(result, beam) => {
                graph = noted(result, degraded).map(|graph| (graph, beam as usize));
            }
            Fetched::Lookup(begun) => lookup = Some(begun),
            Fetched::Codes(start, count, result) => {
                codes.push(CodesSlot { start, count, codes: noted(result, degraded) });
            }
            // Whether it can be done without depends on what it is for.
            Fetched::Filters(result) => keys.shards.push(result),
        }
    }
    sort_by(&mut codes, |a: &CodesSlot, b: &CodesSlot| a.start.cmp(&b.start));
    // Codes say nothing without the basis that they are written in.
    let basis = basis.unwrap_or_else(|| {
        codes.iter_mut().for_each(|slot| slot.codes = None);
        partial = false;
        None
    });
    Gathered { words, codes, partial, basis, lookup, clusters, graph, keys }
}

/// Fetches `filters` alone.
pub async fn keys<S: Shards>(store: &Store<S>, filters: &[usize]) -> Keys {
    Keys { shards: join_all(filters.iter().map(|shard| store.filters(*shard))).await }
}

/// Finds the question's words in the lexicon; those that it does not have are taken for typing errors,
/// which fetches further shards. A word whose own shard could not be had is left out. `whole`: every passage
/// matters, so the rest of frequent words' postings is fetched too.
///
/// # Errors
/// [`BundleError`] for a shard that contradicts itself.
pub async fn concepts<S: Shards>(
    store: &Store<S>,
    plan: &Plan,
    loaded: &Loaded,
    bm25: &Bm25,
    whole: bool,
    degraded: &mut Vec<Degraded>,
) -> Result<Vec<Concept>, BundleError> {
    let shards = &store.manifest.words.shards;
    let (mut looked_up, mut numbers) = (vec![], vec![]);
    for wanted in &plan.wanted {
        let needed = plan::needed(shards, wanted);
        if !needed.iter().all(|shard| loaded.iter().any(|(there, _)| there == shard)) {
            continue;
        }
        let found = words::alternatives(loaded, &wanted.term, wanted.beginning.as_deref())?;
        if found.is_empty() && wanted.optional {
            continue;
        }
        let is_known = !found.is_empty();
        let is_odd = !is_known || words::may_be_shared_typo(&wanted.term, &found);
        if wanted.correctable && is_odd {
            numbers.extend(typos::shards(shards, &wanted.term, is_known));
        }
        looked_up.push((wanted, found, wanted.correctable && is_odd));
    }
    let near = near(store, numbers, degraded).await;
    let mut concepts = vec![];
    for (wanted, mut found, is_odd) in looked_up {
        if is_odd && found.is_empty() {
            found = words::corrections(&near, &wanted.term)?;
        } else if is_odd {
            found.extend(words::likelier(&near, &wanted.term, &found)?);
        }
        concepts.push(Concept::new(found, wanted.share, bm25));
    }
    if whole {
        let all = concepts.iter_mut().flat_map(|concept| &mut concept.alternatives);
        rests(store, all.collect(), degraded).await;
    }
    Ok(concepts)
}

/// Fetches the rest of the postings of `terms`, of those that have one.
async fn rests<S: Shards>(
    store: &Store<S>,
    terms: Vec<&mut Alternative>,
    degraded: &mut Vec<Degraded>,
) {
    let frequent: Vec<_> = terms.into_iter().filter(|term| term.entry.rest.is_some()).collect();
    let fetches = frequent.iter().map(|term| store.rest(term.number, term.shard.rests()));
    let fetched = join_all(fetches).await;
    for (term, rest) in frequent.into_iter().zip(fetched) {
        term.rest = noted(rest, degraded);
    }
}

/// Those of the words shards `numbers` that can be had, ascending, each once.
async fn near<S: Shards>(
    store: &Store<S>,
    mut numbers: Vec<usize>,
    degraded: &mut Vec<Degraded>,
) -> Vec<(usize, Rc<WordsShard>)> {
    sort_by(&mut numbers, Ord::cmp);
    numbers.dedup();
    let fetched = join_all(numbers.iter().map(|shard| store.words(*shard))).await;
    let near = numbers.into_iter().zip(fetched);
    near.filter_map(|(number, result)| Some((number, noted(result, degraded)?))).collect()
}

/// The terms of a phrase with their positions; `None` if the lexicon lacks one of them.
///
/// # Errors
/// [`BundleError`] for a shard that contradicts itself.
pub async fn phrase<S: Shards>(
    store: &Store<S>,
    terms: &[String],
    loaded: &Loaded,
    degraded: &mut Vec<Degraded>,
) -> Result<Option<Vec<PhraseTerm>>, BundleError> {
    let mut found = vec![];
    for term in terms {
        match words::alternatives(loaded, term, None)?.pop() {
            Some(alternative) => found.push(alternative),
            None => return Ok(None),
        }
    }
    rests(store, found.iter_mut().collect(), degraded).await;
    let fetches = found.iter().map(|a| store.positions(a.number, a.shard.len()));
    let positions = join_all(fetches).await;
    let terms = found.into_iter().zip(positions).map(|(alternative, positions)| PhraseTerm {
        alternative,
        positions: noted(positions, degraded),
    });
    Ok(Some(terms.collect()))
}
