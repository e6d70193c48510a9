//! The shards that a word needs are those that its terms are in, and no others.

use super::*;
use sextant_core::manifest::ShardEntry;

fn shards(firsts: &[&str]) -> Vec<WordsShardEntry> {
    let entry = |first: &&str| WordsShardEntry {
        first: (*first).to_owned(),
        file: String::new(),
        bytes: 1,
        positions: ShardEntry { file: String::new(), bytes: 1 },
        rest: None,
    };
    firsts.iter().map(entry).collect()
}

fn wanted(term: &str, beginning: Option<&str>) -> Wanted {
    let beginning = beginning.map(ToOwned::to_owned);
    Wanted { term: term.into(), beginning, correctable: true, share: 1.0, optional: false }
}

#[test]
fn a_term_is_in_the_last_shard_that_does_not_begin_after_it() {
    let shards = shards(&["b", "delta", "f"]);
    for (term, expected) in
        [("a", None), ("b", Some(0)), ("delt", Some(0)), ("delta", Some(1)), ("z", Some(2))]
    {
        assert_eq!(shard_of(&shards, term), expected, "{term}");
    }
    assert_eq!(shard_of(&[], "a"), None);
}

#[test]
fn a_beginning_needs_all_shards_that_its_words_may_be_in() {
    let shards = shards(&["a", "read", "reader", "real", "s"]);
    assert_eq!(shards_of_prefix(&shards, "rea"), 0..4);
    assert_eq!(shards_of_prefix(&shards, "reads"), 2..3);
    assert_eq!(shards_of_prefix(&shards, "z"), 4..5);
    assert_eq!(shards_of_prefix(&[], "z"), 0..0);
}

#[test]
fn a_beginning_that_passed_its_stem_needs_the_stem_s_shard_too() {
    let shards = shards(&["a", "iterat", "j"]);
    let mut found = needed(&shards, &wanted("iterato", Some("iterato")));
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, [0, 1]);
}

fn plan(text: &str, language: &str) -> Plan {
    Plan::new(&Query { typing: false, ..Query::new(text) }, &Analyzer::new(language), language)
}

fn share(plan: &Plan, term: &str) -> f32 {
    plan.wanted.iter().find(|wanted| wanted.term == term).unwrap().share
}

#[test]
fn words_lead_where_the_question_is_a_name_or_not_in_english() {
    let question = plan("how do I stop a download", "en").meaning;
    assert!(plan("Vec::with_capacity", "en").meaning < question);
    assert!(plan("wie halte ich das an", "de").meaning < question);
    assert!(plan("停止下载", "zh").meaning < plan("wie halte ich das an", "de").meaning);
}

#[test]
fn of_an_identifier_the_whole_leads_and_of_a_plain_compound_its_parts() {
    let name = plan("Vec::with_capacity", "en");
    assert!(share(&name, "vec::with_capacity") > share(&name, "capac"));
    let compound = plan("command-line tool", "en");
    assert!(share(&compound, "commandlin") < share(&compound, "command"));
    assert_eq!((name.words(), compound.words()), (1, 2));
}

#[test]
fn an_error_code_is_never_corrected_to_its_neighbour() {
    assert!(plan("E0382", "en").wanted.iter().all(|wanted| !wanted.correctable));
    assert!(plan("nubmer", "en").wanted.iter().all(|wanted| wanted.correctable));
}
