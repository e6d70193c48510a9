//! A filter that is read otherwise than it was meant hides the right page without a word.

use super::*;
use proptest::prelude::*;

fn is(key: &str, value: &str) -> Filter {
    Filter::Is { key: key.into(), value: value.into() }
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn range(key: &str, min: Bound<&str>, max: Bound<&str>) -> Filter {
    Filter::Range { key: key.into(), min: min.map(Into::into), max: max.map(Into::into) }
}

fn parsed(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn data(json: &str) -> Result<Filter, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    let (a, b, c) = (|| is("a", "1"), || is("b", "2"), || is("c", "3"));
    assert_eq!(
        parsed("a=1 or b=2 and not c=3"),
        Filter::Or(vec![a(), Filter::And(vec![b(), not(c())])])
    );
    assert_eq!(parsed("(a=1 or b=2)AND c = 3"), Filter::And(vec![Filter::Or(vec![a(), b()]), c()]));
    assert_eq!(parsed("not (a=1 and b=2)"), not(Filter::And(vec![a(), b()])));
    assert_eq!(parsed("NOT not a=1"), not(not(a())));
}

#[test]
fn every_comparison_is_read() {
    use Bound::{Excluded, Included, Unbounded};
    assert_eq!(parsed("a != 1"), not(is("a", "1")));
    assert_eq!(parsed("a >= -1.5"), range("a", Included("-1.5"), Unbounded));
    assert_eq!(parsed("a>2024-05-17T10:00"), range("a", Excluded("2024-05-17T10:00"), Unbounded));
    assert_eq!(parsed("a <= 1"), range("a", Unbounded, Included("1")));
    assert_eq!(parsed("a < 1"), range("a", Unbounded, Excluded("1")));
    assert_eq!(parsed("a in (1, b)"), Filter::Or(vec![is("a", "1"), is("a", "b")]));
    assert_eq!(parsed("a not in (1)"), not(is("a", "1")));
}

#[test]
fn quotes_hold_anything_and_words_may_be_of_any_script() {
    assert_eq!(parsed(r#"'my key' = "a \"b\" and \\ (c)""#), is("my key", r#"a "b" and \ (c)"#));
    assert_eq!(parsed("'and' = 'or'"), is("and", "or"));
    assert_eq!(parsed("größe = c++"), is("größe", "c++"));
    assert_eq!(parsed("a = ''"), is("a", ""));
    assert_eq!(parsed("in_stock = not"), is("in_stock", "not"));
}

#[test]
fn what_is_no_filter_is_shown_at_its_place() {
    for (text, place, words) in [
        ("", 0, "a key, `not` or `(`"),
        ("year >=", 7, "a value was expected, found the end"),
        ("é = 1 and or", 10, "found `or`"),
        ("a = 1 b = 2", 6, "`and`, `or` or the end"),
        ("(a = 1", 6, "`)`"),
        ("a in (1,", 8, "a value"),
        ("a in 1", 5, "`(`"),
        ("a not 1", 6, "`in`"),
        ("a", 1, "`=`"),
        ("a = \"1", 4, "has no second one"),
        ("! a = 1", 0, "stands alone"),
        ("a == 1", 3, "a value"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        let FilterError::Syntax { column, what, .. } = &error else { panic!("{error:?}") };
        assert!(*column == place && what.contains(words), "{text}: {column} {what}");
        let shown = error.to_string();
        let caret = shown.lines().last().unwrap();
        assert_eq!(caret.chars().count(), 2 + place + 1, "{shown}");
    }
    let deep = format!("{}a=1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(Filter::parse(&deep).unwrap_err().to_string().contains("levels"));
}

#[test]
fn data_means_all_of_it_unless_it_says_otherwise() {
    assert_eq!(data(r#"{"author": "Ada"}"#).unwrap(), is("author", "Ada"));
    let both = || vec![is("tag", "a"), is("tag", "b")];
    assert_eq!(data(r#"{"tag": ["a", "b"]}"#).unwrap(), Filter::And(both()));
    assert_eq!(data(r#"{"tag": {"any": ["a", "b"]}}"#).unwrap(), Filter::Or(both()));
    assert_eq!(data(r#"{"tag": {"none": ["a", "b"]}}"#).unwrap(), not(Filter::Or(both())));
    assert_eq!(
        data(r#"{"not": {"tag": ["a", "b"]}}"#).unwrap(),
        not(Filter::And(vec![Filter::And(both())]))
    );
    let any = r#"{"any": [{"tag": "a", "by": "x"}, {"tag": "b"}], "year": 2020, "draft": false}"#;
    let pair = Filter::And(vec![is("tag", "a"), is("by", "x")]);
    assert_eq!(
        data(any).unwrap(),
        Filter::And(vec![
            Filter::Or(vec![pair, is("tag", "b")]),
            is("year", "2020"),
            is("draft", "false")
        ])
    );
}

#[test]
fn data_has_ranges_of_numbers_and_texts() {
    use Bound::{Included, Unbounded};
    assert_eq!(
        data(r#"{"year": {"min": 2020, "max": "2024.5"}}"#).unwrap(),
        range("year", Included("2020"), Included("2024.5"))
    );
    assert_eq!(
        data(r#"{"not": {"date": {"min": "2024-05", "max": null}}}"#).unwrap(),
        not(Filter::And(vec![range("date", Included("2024-05"), Unbounded)]))
    );
}

#[test]
fn what_is_empty_restricts_nothing() {
    let everything = Filter::And(vec![]);
    for json in [
        "{}",
        "[]",
        r#"{"tag": []}"#,
        r#"{"tag": {"any": []}}"#,
        r#"{"not": []}"#,
        r#"{"tag": null}"#,
        r#"{"none": {}}"#,
    ] {
        assert_eq!(data(json).unwrap(), everything, "{json}");
    }
}

#[test]
fn data_that_is_no_filter_is_refused() {
    for (json, words) in [
        (r#""a""#, "under no key"),
        (r#"{"any": ["a"]}"#, "under no key"),
        (r#"{"year": {"from": 2020}}"#, "\"from\" under a key"),
        (r#"{"year": {"min": [2020, 2021]}}"#, "min and max are"),
    ] {
        let error = data(json).unwrap_err();
        assert!(error.contains(words), "{json}: {error}");
    }
    let deep = format!("{}1{}", r#"{"a": ["#.repeat(40), "]}".repeat(40));
    assert!(data(&deep).unwrap_err().contains("under a key"));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(data(&deep).unwrap_err().contains("levels"));
}

#[test]
fn one_key_sorts() {
    let sort = |json: &str| serde_json::from_str::<Sort>(json).map_err(|error| error.to_string());
    assert_eq!(
        sort(r#"{"date": "desc"}"#).unwrap(),
        Sort { key: "date".into(), direction: Direction::Desc }
    );
    for json in ["{}", r#"{"a": "asc", "b": "asc"}"#, r#"{"a": "up"}"#] {
        assert!(sort(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text: String, grammar in "[ab12()=!<>,\"' ]{0,40}") {
        let _ = Filter::parse(&text);
        let _ = Filter::parse(&grammar);
    }

    #[test]
    fn bounds_hold_as_they_are_written(value in -50i32..50, bound in -50i32..50) {
        let holds = |sign: &str| {
            let Filter::Range { min, max, .. } = parsed(&format!("n {sign} {bound}")) else { panic!() };
            let number = |text: &str| ValueKind::Number.span(text).unwrap();
            let [min, max] = [min, max].map(|bound| span(ValueKind::Number, &bound).unwrap());
            let value = number(&value.to_string());
            is_above(value, &min) && is_below(value, &max)
        };
        prop_assert_eq!(holds("<"), value < bound);
        prop_assert_eq!(holds("<="), value <= bound);
        prop_assert_eq!(holds(">"), value > bound);
        prop_assert_eq!(holds(">="), value >= bound);
    }
}

#[test]
fn a_bound_of_a_month_is_all_of_it() {
    let holds = |text: &str, value: &str| {
        let Filter::Range { min, max, .. } = parsed(text) else { panic!() };
        let [min, max] = [min, max].map(|bound| span(ValueKind::Date, &bound).unwrap());
        let value = ValueKind::Date.span(value).unwrap();
        is_above(value, &min) && is_below(value, &max)
    };
    for (text, april, first, last, june) in [
        ("d >= 2024-05", false, true, true, true),
        ("d > 2024-05", false, false, false, true),
        ("d <= 2024-05", true, true, true, false),
        ("d < 2024-05", true, false, false, false),
    ] {
        let found =
            ["2024-04-30", "2024-05-01", "2024-05-31T23:59", "2024-06-01"].map(|d| holds(text, d));
        assert_eq!(found, [april, first, last, june], "{text}");
    }
}
