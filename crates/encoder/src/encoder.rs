//! An open encoder: text in, unit vectors out.

use std::ops::Range;

use sextant_text::wordpiece::{self, WordPiece};

use crate::config::{Description, TokenizerOptions};
use crate::container::Container;
use crate::cpu;
use crate::error::EncoderError;
use crate::unpack;

/// What messages call a container that came without a name.
pub const UNNAMED: &str = "encoder.safetensors";
/// Tokens that one core takes at a time: enough to be worth handing over, few enough to share out evenly.
const JOB_TOKENS: usize = 512;

/// A sentence encoder, ready to run. It is `Send` and `Sync`; what a call needs to itself is in [`Scratch`].
#[derive(Debug)]
pub struct Encoder {
    description: Description,
    tokenizer: WordPiece,
    weights: cpu::Weights,
}

/// Working memory of [`Encoder::encode_query`], kept from one call to the next. One a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    prefixed: String,
    ids: Vec<u32>,
    forward: cpu::Scratch,
}

impl Encoder {
    /// Opens a container, checks all of it, and packs the weights for the CPU at hand.
    ///
    /// Errors: [`EncoderError::NotAContainer`], [`EncoderError::Version`], [`EncoderError::Content`] or
    /// [`EncoderError::Vocabulary`]. Cost: one pass over the container; what is not needed any more is given back on the way.
    pub fn open(container: Vec<u8>) -> Result<Self, EncoderError> {
        Self::open_named(UNNAMED, container)
    }

    /// [`Encoder::open`] for a container whose file name or address messages should show.
    pub fn open_named(file: &str, container: Vec<u8>) -> Result<Self, EncoderError> {
        let opened = Container::open(file, container)?;
        let description = opened.description.clone();
        let tokenizer = tokenizer(file, &description.tokenizer, &opened.vocabulary()?)?;
        let parts = unpack::parts(opened)?;
        let weights = cpu::Weights::new(&description.architecture, parts)
            .map_err(|error| EncoderError::content(file, error.to_string()))?;
        let encoder = Self { description, tokenizer, weights };
        encoder.check_arithmetic(file)?;
        Ok(encoder)
    }

    /// The encoder's name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// 32 hexadecimal digits: vectors of encoders with equal fingerprints may be compared.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.description.fingerprint
    }

    /// Dimensions of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.description.dimensions
    }

    /// Tokens of a text that count, `[CLS]`, `[SEP]` and the prefix included; the rest is cut off.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.description.max_tokens
    }

    /// All that the container says about itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The tokenizer, for those who want to see or count tokens.
    #[must_use]
    pub fn tokenizer(&self) -> &WordPiece {
        &self.tokenizer
    }

    /// The unit vector of a query, f32[`dimensions`]. The query's prefix is put in front; empty text has a vector too.
    /// After the first calls nothing but the vector is allocated, beside what the tokenizer takes for the length of the call.
    #[must_use]
    pub fn encode_query(&self, scratch: &mut Scratch, text: &str) -> Vec<f32> {
        let Scratch { prefixed, ids, forward } = scratch;
        let text = put_in_front(&self.description.query_prefix, text, prefixed);
        self.tokenizer.encode(text, self.max_tokens(), ids);
        let mut vector = vec![0.0; self.dimensions()];
        self.run(&[ids.as_slice()], forward, &mut vector);
        vector
    }

    /// The token ids of a query, its prefix in front, as [`Encoder::encode_query`] has them.
    #[must_use]
    pub fn query_tokens(&self, text: &str) -> Vec<u32> {
        let (mut prefixed, mut ids) = (String::new(), Vec::new());
        let text = put_in_front(&self.description.query_prefix, text, &mut prefixed);
        self.tokenizer.encode(text, self.max_tokens(), &mut ids);
        ids
    }

    /// The token ids of passages, each with its prefix in front, one text behind the other, as
    /// [`Encoder::encode_passages`] has them; and where each begins and the last ends, u32[`texts.len()` + 1].
    #[must_use]
    pub fn passage_tokens(&self, texts: &[&str]) -> (Vec<u32>, Vec<u32>) {
        let (mut all, mut starts) = (Vec::new(), vec![0]);
        for ids in self.ids_of_passages(texts) {
            all.extend(ids);
            starts.push(all.len() as u32);
        }
        (all, starts)
    }

    /// The unit vectors of passages, f32[`texts.len()`, `dimensions`], row by row in the order of `texts`.
    ///
    /// The passages' prefix is put in front of each. A text's vector is bit for bit the same whatever the other
    /// texts are and on however many cores this runs (all of rayon's pool with the feature `parallel`, else one).
    #[must_use]
    pub fn encode_passages(&self, texts: &[&str]) -> Vec<f32> {
        let dimensions = self.dimensions();
        let tokens = self.ids_of_passages(texts);
        // The longest first, so that no core is left alone with a long job at the end.
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(tokens.get(*at).map_or(0, Vec::len)));
        let sorted: Vec<&[u32]> =
            order.iter().filter_map(|at| tokens.get(*at).map(Vec::as_slice)).collect();

        let jobs = jobs(&sorted);
        let vectors = in_parallel(&jobs, |forward: &mut cpu::Scratch, job| {
            let texts = sorted.get(job.clone()).unwrap_or_default();
            let mut vectors = vec![0.0; texts.len() * dimensions];
            self.run(texts, forward, &mut vectors);
            vectors
        });
        let mut rows = vec![0.0; texts.len() * dimensions];
        let vectors = vectors.iter().flat_map(|vectors| vectors.chunks_exact(dimensions));
        for (at, vector) in order.into_iter().zip(vectors) {
            if let Some(row) = rows.chunks_exact_mut(dimensions).nth(at) {
                row.copy_from_slice(vector);
            }
        }
        rows
    }

    fn ids_of_passages(&self, texts: &[&str]) -> Vec<Vec<u32>> {
        in_parallel(texts, |prefixed: &mut String, text| {
            let mut ids = Vec::new();
            let text = put_in_front(&self.description.passage_prefix, text, prefixed);
            self.tokenizer.encode(text, self.max_tokens(), &mut ids);
            ids
        })
    }

    #[expect(clippy::expect_used, reason = "`open` checked what a forward refuses, see below")]
    fn run(&self, texts: &[&[u32]], scratch: &mut cpu::Scratch, out: &mut [f32]) {
        // The tokenizer gives at least two ids, at most `max_tokens`, which is not above the positions, and each
        // below the number of its tokens, which is that of the table's rows: the container checked both.
        cpu::forward_batch(&self.weights, self.description.pooling, texts, scratch, out)
            .expect("ids of this encoder's own tokenizer fit its tables");
    }

    /// Refuses finite weights whose products are not: the largest floats would end in vectors of NaN.
    fn check_arithmetic(&self, file: &str) -> Result<(), EncoderError> {
        let vector = self.encode_query(&mut Scratch::default(), "");
        let squares: f32 = vector.iter().map(|value| value * value).sum();
        // A unit vector within rounding; NaN fails too.
        if (0.99..=1.01).contains(&squares) {
            return Ok(());
        }
        Err(EncoderError::content(
            file,
            format!("its weights give the empty text a vector of squared length {squares}"),
        ))
    }
}

/// The tokenizer that a container describes.
pub(crate) fn tokenizer(
    file: &str,
    options: &TokenizerOptions,
    vocabulary: &str,
) -> Result<WordPiece, EncoderError> {
    let wrong = |what: String| EncoderError::Vocabulary { file: file.to_owned(), what };
    options.check_names().map_err(wrong)?;
    let options = wordpiece::Options {
        clean_text: true,
        handle_chinese_chars: options.chinese_chars,
        lowercase: options.lowercase,
        strip_accents: Some(options.strip_accents),
        max_chars_per_word: options.max_chars_per_word,
    };
    WordPiece::new(vocabulary.split('\n'), options).map_err(|error| wrong(error.to_string()))
}

fn put_in_front<'a>(prefix: &str, text: &'a str, prefixed: &'a mut String) -> &'a str {
    if prefix.is_empty() {
        return text;
    }
    prefixed.clear();
    prefixed.push_str(prefix);
    prefixed.push_str(text);
    prefixed
}

/// Runs of texts of [`JOB_TOKENS`] tokens at most, or of one text.
fn jobs(texts: &[&[u32]]) -> Vec<Range<usize>> {
    let mut jobs = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (at, ids) in texts.iter().enumerate() {
        if at > start && tokens + ids.len() > JOB_TOKENS {
            jobs.push(start..at);
            (start, tokens) = (at, 0);
        }
        tokens += ids.len();
    }
    if start < texts.len() {
        jobs.push(start..texts.len());
    }
    jobs
}

/// `f` of each input, in order, with working memory that is kept from one call to the next.
#[cfg(feature = "parallel")]
fn in_parallel<T: Sync, S: Default + Send, R: Send>(
    inputs: &[T],
    f: impl Fn(&mut S, &T) -> R + Sync + Send,
) -> Vec<R> {
    use rayon::prelude::*;
    inputs.par_iter().map_init(S::default, f).collect()
}

/// `f` of each input, in order, with working memory that is kept from one call to the next.
#[cfg(not(feature = "parallel"))]
fn in_parallel<T, S: Default, R>(inputs: &[T], f: impl Fn(&mut S, &T) -> R) -> Vec<R> {
    let mut scratch = S::default();
    inputs.iter().map(|input| f(&mut scratch, input)).collect()
}
