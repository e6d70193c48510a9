//! A sort that costs few bytes. In WebAssembly each use of the standard library's takes four to eight
//! kilobytes of code, which every reader of every site fetches; this one takes a few hundred bytes. It is for
//! lists of hundreds; where there are many thousands, the standard one is worth its bytes.

use std::cmp::Ordering;

/// Sorts `items` in place, by heaps (Williams 1964). `order` must be total: equal items end in any order.
pub fn sort_by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let count = items.len();
    for end in (1..count.saturating_add(count / 2)).rev() {
        // The first half of the steps makes a heap of all, the second takes the greatest off it each time.
        let (root, end) = if end >= count { (end - count, count) } else { (0, end) };
        if end < count {
            items.swap(0, end);
        }
        sink(items, root, end, &mut order);
    }
}

/// Moves the item at `root` down in the heap `..end` until none below it is greater.
fn sink<T>(
    items: &mut [T],
    mut root: usize,
    end: usize,
    order: &mut impl FnMut(&T, &T) -> Ordering,
) {
    loop {
        let (left, right) = (2 * root + 1, 2 * root + 2);
        let mut greatest = root;
        for child in [left, right] {
            if let (true, Some(a), Some(b)) = (child < end, items.get(greatest), items.get(child))
                && order(a, b) == Ordering::Less
            {
                greatest = child;
            }
        }
        if greatest == root {
            return;
        }
        items.swap(root, greatest);
        root = greatest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts(mut items: Vec<i16>) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by(&mut items, Ord::cmp);
            prop_assert_eq!(items, expected);
        }
    }
}
