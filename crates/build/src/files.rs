//! How large shards and files are. The smaller the shards, the less a reader fetches that is not needed, and the more the head has
//! to name. Several shards share a file, since some hosts take only so many files; where a host does not serve a part of a file,
//! readers fetch it whole, so files want to be small too.

/// Files of a bundle at most, where the caller does not say: well below what hosts take, and enough that ten
/// results of a site of 10,000 pages cost little.
pub const MOST: u32 = 2000;
/// The least that can be asked for: below, shards would be megabytes.
const LEAST_MOST: u32 = 100;
/// Bytes up to which a part is put into [`HANDFUL`] files at most: a small site shall be few files.
const SMALL: usize = 64 * 1024;
/// Files of a small part.
const HANDFUL: usize = 8;

/// Files that there are once, of the engine and of the encoder, and some for filters.
const OTHERS: u32 = 40;

/// How many files each part of a bundle may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileBudget {
    /// Of everything but what there is once.
    pub all: usize,
    /// Of the codes that are scanned.
    pub codes: usize,
    /// Of the codes that rescore.
    pub rescore: usize,
    /// Of the rows of words that questions are looked up in.
    pub tokens: usize,
    /// Of words; as many of positions and as many of the rest of postings come with them.
    pub words: usize,
    /// Of texts, more where other parts need less: they cost a reader most, ten results lie in up to ten of them.
    pub texts: usize,
}

impl FileBudget {
    /// Shares out `most` files, engine and encoder included; taken for 100 where it is less.
    #[must_use]
    pub fn of(most: u32) -> Self {
        let most = most.max(LEAST_MOST) - OTHERS;
        let share = |percent: u32| (u64::from(most) * u64::from(percent) / 100) as usize;
        Self {
            all: most as usize,
            codes: share(26),
            rescore: share(3),
            tokens: share(18),
            words: share(11),
            texts: share(20),
        }
    }
}

impl Default for FileBudget {
    fn default() -> Self {
        Self::of(MOST)
    }
}

/// Bytes of a file of a part of `total` bytes that may have `files` files. `least`: of a part that is not small.
pub(crate) fn file_bytes(total: usize, least: usize, files: usize) -> usize {
    let handful = if total <= SMALL { total.div_ceil(HANDFUL) } else { 0 };
    least.max(handful).max(total.div_ceil(files.max(1)))
}

/// How many shards a part of `total` bytes is best cut into, of which a question fetches `asked`, where the head says where each
/// is in `named` bytes: what is fetched of both together is least then. All bytes are as they are stored.
pub(crate) fn shards(total: usize, asked: f64, named: f64) -> usize {
    (total as f64 * asked / named).sqrt().ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_keep_the_bound() {
        for most in [0, 100, 137, 2000, u32::MAX] {
            let FileBudget { all, codes, rescore, tokens, words, texts } = FileBudget::of(most);
            let parts = codes + rescore + tokens + 3 * words + texts;
            assert!(parts <= all, "{parts} of {all}");
            assert!(all + OTHERS as usize <= most.max(LEAST_MOST) as usize, "{all} of {most}");
        }
    }

    #[test]
    fn a_small_part_is_a_handful_of_files_and_a_large_one_keeps_its_bound() {
        assert_eq!(file_bytes(0, 8000, 100), 8000);
        assert_eq!(file_bytes(64_000, 1000, 100), 8000);
        assert_eq!(file_bytes(400_000, 8000, 100), 8000);
        assert_eq!(file_bytes(4_000_000, 8000, 100), 40_000);
        assert_eq!(file_bytes(100, 8000, 0), 8000);
    }

    #[test]
    fn so_many_shards_cost_least() {
        let (total, asked, named) = (1_000_000, 10.0, 4.0);
        let cost = |shards: usize| asked * total as f64 / shards as f64 + named * shards as f64;
        let best = shards(total, asked, named);
        assert!(cost(best) <= cost(best / 2) && cost(best) <= cost(best * 2), "{best}");
        assert_eq!(shards(0, asked, named), 0);
    }
}
