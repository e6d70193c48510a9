//! How the values of a key are ordered: as numbers, as dates, or as text. The same code when a bundle is
//! built, when it is opened and when a query gives a bound.

use std::cmp::Ordering;

/// Digits of a number that count at most: more do not fit 64 bits.
const MOST_DIGITS: usize = 19;
/// Digits behind the point at most: greater powers of ten are no exact floats.
const MOST_PLACES: usize = 22;
/// Days of the months before each month, in a year that is no leap year.
const DAYS_BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAY: f64 = 86_400.0;

/// What all values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ValueKind {
    /// Anything. Ordered by letters, capitals beside small ones.
    Text = 0,
    /// Decimal numbers: [`number`].
    Number = 1,
    /// Dates and times of ISO 8601: [`date`].
    Date = 2,
}

impl ValueKind {
    /// One lower-case word, for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
        }
    }

    /// The narrowest kind that all of `values` are; [`ValueKind::Text`] of none. Years alone are
    /// numbers, beside longer dates they are dates.
    #[must_use]
    pub fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut any = values.clone().peekable();
        if any.peek().is_none() {
            Self::Text
        } else if any.all(|value| number(value).is_some()) {
            Self::Number
        } else if values.clone().all(|value| date(value).is_some()) {
            Self::Date
        } else {
            Self::Text
        }
    }

    /// Where `value` begins and ends on the kind's scale, and nothing for text or what is not of the
    /// kind: a number is a point, a day is 86,400 seconds long.
    #[must_use]
    pub fn span(self, value: &str) -> Option<Span> {
        match self {
            Self::Text => None,
            Self::Number => number(value).map(|at| Span { start: at, end: at }),
            Self::Date => date(value),
        }
    }

    /// Where `value` comes among others of the kind. Values of one place go by their bytes.
    #[must_use]
    pub fn place(self, value: &str) -> Place {
        let at = self.span(value).map_or(0.0, |span| span.start);
        let letters = match self {
            Self::Text => value.chars().flat_map(char::to_lowercase).collect(),
            Self::Number | Self::Date => String::new(),
        };
        Place { at, letters }
    }
}

/// A value's place in the order of its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// On the scale of numbers and dates; 0 for text.
    at: f64,
    /// Of text, in lower case.
    letters: String,
}

impl Place {
    /// Which of two places comes first.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then_with(|| self.letters.cmp(&other.letters))
    }
}

/// A stretch of a scale, `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its first point.
    pub start: f64,
    /// What follows it; the start itself for a point.
    pub end: f64,
}

/// A decimal number: `-12`, `3.50`, `+7`. No exponent, no separators. The nearest float up to 15
/// digits, within a unit in the last place up to 19; longer ones are text.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, places) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, places)) => (whole, places),
        None => (digits, ""),
    };
    let all = || whole.bytes().chain(places.bytes());
    let count = all().skip_while(|digit| *digit == b'0').count();
    let sound = !whole.is_empty() && all().all(|digit| digit.is_ascii_digit());
    if !sound || count > MOST_DIGITS || places.len() > MOST_PLACES {
        return None;
    }
    let sum = all().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let power = places.bytes().fold(1.0f64, |power, _| power * 10.0);
    // Adding zero makes one zero of two.
    Some(sign * (sum as f64 / power) + 0.0)
}

/// A date of ISO 8601 as seconds from 1970, in the proleptic Gregorian calendar: `2024`, `2024-05`,
/// `2024-05-17`, and a time behind a day: `T` or a space, `18:30`, `18:30:05` or `18:30:05.25`, with
/// `Z`, `+02:00` or `+0200`. A time without a zone counts as UTC.
#[must_use]
pub fn date(text: &str) -> Option<Span> {
    let bytes = text.as_bytes();
    let year = digits(bytes.get(..4)?)?;
    let part = |at: usize| match bytes.get(at..at + 3)? {
        [b'-', rest @ ..] => digits(rest),
        _ => None,
    };
    let days = |year: i64, month: i64| (days_before(year, month) as f64) * DAY;
    if bytes.len() == 4 {
        return Some(Span { start: days(year, 1), end: days(year + 1, 1) });
    }
    let month = part(4).filter(|month| (1..=12).contains(month))?;
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let (first, after) = (days(year, month), days(next_year, next_month));
    if bytes.len() == 7 {
        return Some(Span { start: first, end: after });
    }
    let day = part(7).filter(|day| *day >= 1)?;
    let start = first + (day - 1) as f64 * DAY;
    let rest = bytes.get(10..)?;
    match rest.split_first() {
        _ if start >= after => None,
        None => Some(Span { start, end: start + DAY }),
        Some((b'T' | b't' | b' ', time)) => {
            let (at, length) = time_of_day(time)?;
            Some(Span { start: start + at, end: start + at + length })
        }
        Some(_) => None,
    }
}

/// Seconds from midnight UTC, and how long what was written lasts.
fn time_of_day(text: &[u8]) -> Option<(f64, f64)> {
    let zone_at = text.iter().position(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let (clock, zone) = text.split_at(zone_at.unwrap_or(text.len()));
    // As Jekyll writes it: `18:30:05 +0200`.
    let clock = clock.strip_suffix(b" ").filter(|_| !zone.is_empty()).unwrap_or(clock);
    let below = |bytes: &[u8], most: i64| digits(bytes).filter(|value| *value < most);
    let pair = |at: usize| clock.get(at..at + 2);
    let minutes = below(pair(0)?, 24)? * 60 + below(pair(3)?, 60)?;
    let colon = |at: usize| clock.get(at) == Some(&b':');
    let (seconds, length) = match clock.len() {
        5 if colon(2) => (0.0, 60.0),
        8 if colon(2) && colon(5) => (below(pair(6)?, 61)? as f64, 1.0),
        10.. if colon(2) && colon(5) && clock.get(8) == Some(&b'.') => {
            let places = number(std::str::from_utf8(clock.get(6..)?).ok()?)?;
            below(pair(6)?, 61)?;
            (places, 0.0)
        }
        _ => return None,
    };
    let east = match zone {
        [] | [b'Z' | b'z'] => 0,
        [sign, h1, h2, rest @ ..] => {
            let rest = rest.strip_prefix(b":").unwrap_or(rest);
            let away =
                below(&[*h1, *h2], 24)? * 60 + if rest.is_empty() { 0 } else { below(rest, 60)? };
            match sign {
                b'+' => away,
                b'-' => -away,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(((minutes - east) as f64 * 60.0 + seconds, length))
}

/// Two or four digits.
fn digits(bytes: &[u8]) -> Option<i64> {
    let sound = matches!(bytes.len(), 2 | 4) && bytes.iter().all(u8::is_ascii_digit);
    sound.then(|| bytes.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// Days from 1970 to the first of a month, 1 to 12, of a year from 0 on.
fn days_before(year: i64, month: i64) -> i64 {
    /// Days from the first of January of year 0 to that of 1970.
    const EPOCH: i64 = 719_528;
    let leap_years = |before: i64| (before + 3) / 4 - (before + 99) / 100 + (before + 399) / 400;
    let is_leap = leap_years(year + 1) > leap_years(year);
    let months = DAYS_BEFORE.get(month as usize - 1).copied().unwrap_or(0);
    year * 365 + leap_years(year) + months + i64::from(is_leap && month > 2) - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn starts(text: &str) -> f64 {
        date(text).unwrap().start
    }

    #[test]
    fn numbers_are_decimal_and_nothing_else_is() {
        for (text, value) in
            [("0", 0.0f64), ("-0", 0.0), ("007", 7.0), ("-12.50", -12.5), ("+3", 3.0)]
        {
            assert_eq!(number(text).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        assert_eq!(number("9999999999999999999"), Some(1e19));
        for text in
            ["", "-", ".", "1.", ".5", "1e3", "1,000", " 1", "0x1", "NaN", "inf", "1.2.3", "٣"]
        {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number("12345678901234567890"), None);
        assert_eq!(number(&format!("0.{}", "0".repeat(23))), None);
    }

    #[test]
    fn dates_last_as_long_as_they_are_written() {
        assert_eq!(date("1970-01-01"), Some(Span { start: 0.0, end: DAY }));
        assert_eq!(date("1970"), Some(Span { start: 0.0, end: 365.0 * DAY }));
        assert_eq!(
            date("2024-02"),
            Some(Span { start: starts("2024-02-01"), end: starts("2024-03-01") })
        );
        // 10^9 seconds: 2001-09-09 01:46:40 UTC.
        assert_eq!(date("2001-09-09T01:46:40Z"), Some(Span { start: 1e9, end: 1e9 + 1.0 }));
        assert_eq!(
            date("2001-09-09 03:46+02:00"),
            Some(Span { start: 1e9 - 40.0, end: 1e9 + 20.0 })
        );
        assert_eq!(starts("2001-09-08T20:46:40.5-0500"), 1e9 + 0.5);
        assert_eq!(starts("2001-09-09 03:46:40 +0200"), 1e9);
        assert_eq!(starts("2000-02-29") + DAY, starts("2000-03-01"));
        assert_eq!(starts("2400-12-31") + DAY, starts("2401-01-01"));
        assert_eq!(starts("0000-01-01"), -719_528.0 * DAY);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "24",
            "20240101",
            "2024-1-1",
            "2024-13",
            "2024-00-01",
            "2023-02-29",
            "1900-02-29",
            "2024-01-32",
            "2024-01-01T",
            "2024-01-01T24:00",
            "2024-01-01T12",
            "2024-01-01T12:00+2",
            "2024-01-01x",
            "May 2024",
            "2024-01-01T12:00:00.",
            "2024-01-0é",
            "２０２４",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn the_narrowest_kind_is_taken() {
        let of = |values: &[&str]| ValueKind::of(values.iter().copied());
        assert_eq!(of(&["2020", "1.5"]), ValueKind::Number);
        assert_eq!(of(&["2020", "2021-05"]), ValueKind::Date);
        assert_eq!(of(&["2020", "2021-05", "soon"]), ValueKind::Text);
        assert_eq!(of(&[]), ValueKind::Text);
    }

    #[test]
    fn values_are_ordered_by_their_kind() {
        let sorted = |kind: ValueKind, values: &[&'static str]| {
            let mut values = values.to_vec();
            values.sort_by(|a, b| kind.place(a).compare(&kind.place(b)).then(a.cmp(b)));
            values
        };
        assert_eq!(sorted(ValueKind::Text, &["b", "B", "a", "C"]), ["a", "B", "b", "C"]);
        assert_eq!(sorted(ValueKind::Number, &["10", "9", "-1", "9.0"]), ["-1", "9", "9.0", "10"]);
        let dates = ["2024-05-02", "2024-05-01T09:00+05:00", "2024-05-01", "2024"];
        assert_eq!(
            sorted(ValueKind::Date, &dates),
            ["2024", "2024-05-01", dates[1], "2024-05-02"][..]
        );
    }

    proptest! {
        #[test]
        fn numbers_of_15_digits_are_read_as_the_standard_library_reads_them(whole in -999_999_999i64..999_999_999, places in 0u32..999_999) {
            let text = format!("{whole}.{places:06}");
            prop_assert_eq!(number(&text), text.parse().ok());
        }

        #[test]
        fn days_follow_one_another(day in 0i64..3_650_000) {
            // Every month of every year begins where the one before ended.
            let (year, month) = (day / 366 % 9998, day % 12 + 1);
            let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            let length = days_before(next.0, next.1) - days_before(year, month);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let expected = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            prop_assert_eq!(length, expected[month as usize - 1]);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = number(&text);
            let _ = date(&text);
        }
    }
}
