//! The token table: one row a token, fitted so that the unit sum of a text's rows predicts the encoder's vector of that text.
//! The reader; the writer is in `table/write.rs`.
//!
//! ```text
//! rows                  U8  [tokens + words, bytes]              one code a run of dimensions / bytes channels
//! rows.codebooks        F16 [bytes, 256, dimensions / bytes]     see coding/product.rs
//! rows.scales           F32 [tokens + words]                     a row is its scale times what its codes stand for
//! tokenizer.vocabulary  U8  zlib stream                          UTF-8, one token a line, in the order of their rows
//! words                 U8  zlib stream                          UTF-8, one word a line, of the rows behind those
//! ```
//! `__metadata__` has the one key [`KEY`]: the [`TableDescription`] as JSON.
//!
//! A word's vector is the sum of the rows of its pieces, and of its own row where it has one; a text's is the sum of its words'.
//! So a builder can add up a row for every word of a site, and who asks needs no WordPiece.

pub mod ridge;
#[cfg(feature = "import")]
mod write;

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sextant_text::plain_words;
use sextant_text::wordpiece::WordPiece;

use crate::coding::{f32s, half, product, vocabulary};
use crate::config::{Packing, TokenizerOptions};
use crate::description;
use crate::encoder::tokenizer;
use crate::error::EncoderError;
use crate::safetensors::{Dtype, Tensors};

#[cfg(feature = "import")]
pub use write::write_table;

/// The key of `__metadata__` under which the description stands.
const KEY: &str = "sextant-table";
/// The one format there is.
const FORMAT: u32 = 1;
/// What messages call a table that came without a name.
const UNNAMED: &str = "table.safetensors";
/// Counts beyond these are refused before anything is allocated by them.
const MAX_DIMENSIONS: usize = 16_384;
const MAX_ROWS: usize = 1 << 20;

const ROWS: &str = "rows";
const CODEBOOKS: &str = "rows.codebooks";
const SCALES: &str = "rows.scales";
const VOCABULARY: &str = "tokenizer.vocabulary";
const WORDS: &str = "words";
const TENSORS: usize = 5;

/// What a table says about itself besides its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableDescription {
    /// The table's format.
    pub format: u32,
    /// Name of the encoder whose vectors it predicts, for people.
    pub encoder: String,
    /// Fingerprint of that encoder.
    pub fingerprint: String,
    /// Dimensions of a vector.
    pub dimensions: usize,
    /// The tokenizer, but for its vocabulary, which is a tensor.
    pub tokenizer: TokenizerOptions,
    /// How it was fitted.
    pub fit: TableFit,
}

/// How a table was fitted: with these and the same encoder and text it comes out byte for byte the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableFit {
    /// SHA-256 of the training text, hexadecimal.
    pub text: String,
    /// Texts that it was fitted on.
    pub texts: usize,
    /// What a row's squared length cost beside squared errors.
    pub ridge: f64,
    /// How much a heading counted that leads to its passage's vector, beside a text that leads to its own.
    pub heading_weight: f64,
    /// How much a word by itself counted.
    pub word_weight: f64,
    /// Steps of the solver.
    pub steps: usize,
    /// Rounds of k-means for the codes.
    pub rounds: usize,
    /// Where the k-means starts from.
    pub seed: u64,
}

/// A table, ready to be looked up.
#[derive(Debug)]
pub struct TokenTable {
    description: TableDescription,
    tokenizer: WordPiece,
    words: HashMap<Box<str>, u32>,
    bytes: Vec<u8>,
    /// Where the codes are in `bytes`, so many a row.
    codes: Range<usize>,
    row_bytes: usize,
    codebooks: Vec<f32>,
    scales: Vec<f32>,
}

impl TokenTable {
    /// Opens a table and checks all of it.
    ///
    /// Errors: [`EncoderError::NotAContainer`], [`EncoderError::Version`], [`EncoderError::Content`] or
    /// [`EncoderError::Vocabulary`].
    pub fn open(container: Vec<u8>) -> Result<Self, EncoderError> {
        Self::open_named(UNNAMED, container)
    }

    /// [`TokenTable::open`] for a table whose file name messages should show.
    pub fn open_named(file: &str, bytes: Vec<u8>) -> Result<Self, EncoderError> {
        let tensors = Tensors::open(file, &bytes)?;
        let description = read_description(file, &tensors)?;
        let read = Reader { file, tensors: &tensors, bytes: &bytes };
        let found = tensors.names().count();
        if found != TENSORS {
            return Err(read.wrong(format!("{found} tensors where a table has {TENSORS}")));
        }
        let vocabulary = read.lines(VOCABULARY)?;
        let tokenizer = tokenizer(file, &description.tokenizer, &vocabulary)?;
        let tokens = tokenizer.vocabulary_size();
        let words = read.lines(WORDS)?;
        let words = words.split('\n').filter(|word| !word.is_empty());
        let words: HashMap<Box<str>, u32> =
            words.zip(tokens as u32..).map(|(word, row)| (word.into(), row)).collect();
        let rows = tokens + words.len();
        if rows > MAX_ROWS {
            return Err(read.wrong(format!("{rows} rows, at most {MAX_ROWS} are read")));
        }
        let row_bytes = read.shape(ROWS).get(1).copied().unwrap_or(0);
        let dimensions = description.dimensions;
        if row_bytes == 0 || dimensions % row_bytes != 0 {
            return Err(read
                .wrong(format!("{row_bytes} codes a row do not divide {dimensions} dimensions")));
        }
        let codes = read.expect(ROWS, Dtype::U8, &[rows, row_bytes])?;
        let shape = [row_bytes, product::ENTRIES, dimensions / row_bytes];
        let codebooks = half::from_bytes(read.at(read.expect(CODEBOOKS, Dtype::F16, &shape)?));
        let scales = f32s(read.at(read.expect(SCALES, Dtype::F32, &[rows])?));
        for (name, values) in [(CODEBOOKS, &codebooks), (SCALES, &scales)] {
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(
                    read.wrong(format!("tensor {name} has a number at {at} that is not finite"))
                );
            }
        }
        Ok(Self { description, tokenizer, words, bytes, codes, row_bytes, codebooks, scales })
    }

    /// All that the table says about itself.
    #[must_use]
    pub fn description(&self) -> &TableDescription {
        &self.description
    }

    /// Fingerprint of the encoder whose vectors it predicts.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.description.fingerprint
    }

    /// Dimensions of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.description.dimensions
    }

    /// The tokenizer that words are cut into pieces with.
    #[must_use]
    pub fn tokenizer(&self) -> &WordPiece {
        &self.tokenizer
    }

    /// The unit vector of a text, f32[`dimensions`]; zeros where no word of it has a row.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimensions()];
        let mut ids = Vec::new();
        plain_words(text, |word| self.add_word(word, &mut ids, &mut sum));
        to_unit(&mut sum);
        sum
    }

    /// What `word`, as [`plain_words`] gives it, adds to a text's sum: f32[`dimensions`], of any length. `None` where it has no row.
    #[must_use]
    pub fn word_row(&self, word: &str) -> Option<Vec<f32>> {
        let mut row = vec![0.0; self.dimensions()];
        self.add_word(word, &mut Vec::new(), &mut row);
        row.iter().any(|value| *value != 0.0).then_some(row)
    }

    /// The whole words among the vocabulary's tokens and the table's own words: those that can be looked up without a site.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let tokens =
            (0..self.tokenizer.vocabulary_size() as u32).filter_map(|id| self.tokenizer.token(id));
        let whole = tokens.filter(|token| is_plain_word(token));
        whole.chain(self.words.keys().map(AsRef::as_ref))
    }

    /// Rows that `word` is the sum of, into `ids`.
    pub fn rows_of(&self, word: &str, ids: &mut Vec<u32>) {
        self.tokenizer.pieces(word, ids);
        ids.extend(self.words.get(word));
    }

    fn add_word(&self, word: &str, ids: &mut Vec<u32>, sum: &mut [f32]) {
        self.rows_of(word, ids);
        for id in ids {
            self.add_row(*id, sum);
        }
    }

    /// Adds row `id` to `sum`.
    fn add_row(&self, id: u32, sum: &mut [f32]) {
        let at = id as usize * self.row_bytes;
        let codes =
            self.bytes.get(self.codes.clone()).and_then(|codes| codes.get(at..at + self.row_bytes));
        let scale = self.scales.get(id as usize).copied().unwrap_or(0.0);
        if scale != 0.0 {
            product::add_scaled(codes.unwrap_or_default(), &self.codebooks, scale, sum);
        }
    }
}

/// Makes `vector` of unit length; zeros stay.
pub fn to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

/// Whether `token` is a word that [`plain_words`] could give.
#[must_use]
pub fn is_plain_word(token: &str) -> bool {
    let mut words = 0;
    let mut same = false;
    plain_words(token, |word| {
        words += 1;
        same = word == token;
    });
    words == 1 && same
}

struct Reader<'a> {
    file: &'a str,
    tensors: &'a Tensors,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn wrong(&self, what: String) -> EncoderError {
        EncoderError::content(self.file, what)
    }

    fn at(&self, at: Range<usize>) -> &'a [u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    fn shape(&self, name: &str) -> &'a [usize] {
        self.tensors.get(name).map_or(&[], |tensor| &tensor.shape)
    }

    /// Where the tensor is.
    fn expect(
        &self,
        name: &str,
        dtype: Dtype,
        shape: &[usize],
    ) -> Result<Range<usize>, EncoderError> {
        let tensor = self.tensors.get(name);
        let tensor = tensor.ok_or_else(|| self.wrong(format!("tensor {name} is missing")))?;
        if tensor.dtype == dtype && tensor.shape == shape {
            return Ok(tensor.at.clone());
        }
        let (found, is) = (tensor.dtype.name(), &tensor.shape);
        Err(self.wrong(format!("tensor {name} is {found} {is:?}, not {} {shape:?}", dtype.name())))
    }

    /// A packed text.
    fn lines(&self, name: &str) -> Result<String, EncoderError> {
        let length = self.shape(name).first().copied().unwrap_or(0);
        let stored = self.at(self.expect(name, Dtype::U8, &[length])?);
        let text = vocabulary::read(stored, Packing::Zlib);
        text.map(Into::into).map_err(|what| self.wrong(format!("tensor {name}: {what}")))
    }
}

fn read_description(file: &str, tensors: &Tensors) -> Result<TableDescription, EncoderError> {
    let description: TableDescription = description::read(file, tensors, KEY, FORMAT..=FORMAT)?;
    if !(1..=MAX_DIMENSIONS).contains(&description.dimensions) {
        let what = format!("{} dimensions, not in 1..={MAX_DIMENSIONS}", description.dimensions);
        return Err(EncoderError::content(file, what));
    }
    Ok(description)
}
