//! Terms that are like a mistyped one: edit distance with transpositions of neighbours.
//!
//! Damerau 1964: most typing errors are one insertion, deletion, substitution or transposition.

/// Errors that a word of `length` characters may have: none below 4, one below 8, else two. Short
/// words are near too many others.
#[must_use]
pub fn allowance(length: usize) -> usize {
    match length {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// The least number of insertions, deletions, substitutions and transpositions of neighbours that
/// makes `b` of `a` (no place is edited twice), or `None` above `most`.
#[must_use]
pub fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (cell(&last, j) + usize::from(x != y))
                .min(cell(&last, j + 1) + 1)
                .min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().all(|cell| *cell > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn between(a: &str, b: &str, most: usize) -> Option<usize> {
        distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), most)
    }

    #[test]
    fn each_sort_of_error_costs_one() {
        for typo in ["nubmer", "numbr", "numbber", "nunber"] {
            assert_eq!(between(typo, "number", 2), Some(1), "{typo}");
        }
        assert_eq!(between("", "ab", 2), Some(2));
        assert_eq!(between("kitten", "sitting", 2), None);
        assert_eq!(between("kitten", "sitting", 3), Some(3));
    }

    /// The recursion that defines the distance.
    fn oracle(a: &[char], b: &[char]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([x, a_rest @ ..], [y, b_rest @ ..]) => {
                let mut best = (oracle(a_rest, b_rest) + usize::from(x != y))
                    .min(oracle(a_rest, b) + 1)
                    .min(oracle(a, b_rest) + 1);
                if let ([x, x2, a_tail @ ..], [y, y2, b_tail @ ..]) = (a, b)
                    && x == y2
                    && x2 == y
                {
                    best = best.min(oracle(a_tail, b_tail) + 1);
                }
                best
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_recursion_says(a in "[ab]{0,5}", b in "[abc]{0,5}", most in 0usize..5) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let expected = Some(oracle(&a, &b)).filter(|distance| *distance <= most);
            prop_assert_eq!(distance(&a, &b, most), expected);
        }
    }
}
