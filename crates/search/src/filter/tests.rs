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
    assert_eq!(
        parsed("a between 1 and 2 and b=2"),
        Filter::And(vec![range("a", Included("1"), Included("2")), is("b", "2")])
    );
    assert_eq!(parsed("a not between 1 and 2"), not(range("a", Included("1"), Included("2"))));
    assert_eq!(parsed(" "), Filter::And(vec![]), "what is blank restricts nothing");
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
        ("()", 1, "a key, `not` or `(`"),
        ("a between 1 or 2", 12, "`and`"),
        ("year >=", 7, "a value was expected, found the end"),
        ("é = 1 and or", 10, "found `or`"),
        ("a = 1 b = 2", 6, "`and`, `or` or the end"),
        ("(a = 1", 6, "`)`"),
        ("a in (1,", 8, "a value"),
        ("a in 1", 5, "`(`"),
        ("a not 1", 6, "`in` or `between`"),
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
fn steps_make_filters_of_those_before_them() {
    use Bound::{Included, Unbounded};
    let made = |steps: &str| {
        let steps: Vec<String> = steps.split_whitespace().map(Into::into).collect();
        Filter::from_steps(&steps)
    };
    let (a, b) = (|| is("a", "1"), || is("b", "2"));
    assert_eq!(made("is a 1 is b 2 or 2 not"), Some(not(Filter::Or(vec![a(), b()]))));
    assert_eq!(made("is a 1 is b 2 not and 2"), Some(Filter::And(vec![a(), not(b())])));
    assert_eq!(made("min n 3"), Some(range("n", Included("3"), Unbounded)));
    assert_eq!(made("max n 3"), Some(range("n", Unbounded, Included("3"))));
    assert_eq!(made("between n 3 4"), Some(range("n", Included("3"), Included("4"))));
    assert_eq!(made(""), Some(Filter::And(vec![])));
    for odd in
        ["is a", "not", "is a 1 is b 2", "is a 1 and 2", "is a 1 xor 1", "is a 1 and x", "or"]
    {
        assert_eq!(made(odd), None, "{odd}");
    }
    let nots = |count: usize| made(&format!("is a 1{}", " not".repeat(count)));
    assert!(nots(60).is_some() && nots(70).is_none() && nots(100_000).is_none());
}

proptest! {
    #[test]
    fn no_steps_make_a_panic(steps in proptest::collection::vec("is|min|max|between|not|and|or|[0-3]|x", 0..20)) {
        let _ = Filter::from_steps(&steps);
    }

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
