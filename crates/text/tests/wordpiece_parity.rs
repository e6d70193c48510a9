//! Ids that differ from the reference's by one would send a query to other vectors than the passages were encoded with,
//! and nothing would fail. So `tokenizers` itself is asked, about every character and about strings made to be nasty.

// Helpers of tests may fail like tests.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use ahash::AHashMap;
use proptest::prelude::*;
use sextant_text::wordpiece::{Options, WordPiece};
use tokenizers::models::wordpiece::WordPiece as ReferenceModel;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, Tokenizer, TruncationParams};

const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const PIECES: [&str; 30] = [
    "the",
    "stop",
    "##ping",
    "##p",
    "down",
    "##load",
    "##s",
    "un",
    "##aff",
    "##able",
    "cafe",
    "café",
    "##fe",
    "naive",
    "straße",
    "strasse",
    "ss",
    "##ss",
    "i̇",
    "ist",
    "##anbul",
    "한국",
    "##어",
    "москва",
    "мос",
    "##ква",
    "can",
    "don",
    "e0",
    "##382",
];

/// Characters of which each is a token, at the start of a word and inside: all that normalisation treats in some way, and
/// enough of those that it leaves alone. Private use, Hangul and most Han would only make the test slow.
fn characters() -> impl Iterator<Item = char> {
    [
        0..0x3100,
        0x3400..0x3420,
        0x4e00..0x4e40,
        0xa000..0xac40,
        0xf900..0x1_2000,
        0x1_6000..0x1_7100,
        0x1_b000..0x2_0010,
        0x2_f800..0x2_fa20,
        0xe_0000..0xe_0200,
    ]
    .into_iter()
    .flatten()
    .filter_map(char::from_u32)
}

struct Pair {
    ours: WordPiece,
    reference: Tokenizer,
}

impl Pair {
    fn new(options: Options) -> Self {
        let mut tokens: Vec<String> =
            SPECIAL.iter().chain(&PIECES).map(|&t| t.to_owned()).collect();
        tokens.extend(characters().flat_map(|c| [c.to_string(), format!("##{c}")]));
        let ours = WordPiece::new(tokens.iter().map(String::as_str), options).unwrap();
        let vocabulary: AHashMap<String, u32> =
            (0..).zip(&tokens).map(|(id, token)| (token.clone(), id)).collect();
        let model = ReferenceModel::builder()
            .vocab(vocabulary)
            .unk_token("[UNK]".into())
            .max_input_chars_per_word(options.max_chars_per_word)
            .build()
            .unwrap();
        let mut reference = Tokenizer::new(model);
        let special = SPECIAL.map(|token| AddedToken::from(token, true));
        reference.add_special_tokens(special).unwrap();
        let normalizer = BertNormalizer::new(
            options.clean_text,
            options.handle_chinese_chars,
            options.strip_accents,
            options.lowercase,
        );
        reference
            .with_normalizer(Some(normalizer))
            .unwrap()
            .with_pre_tokenizer(Some(BertPreTokenizer))
            .with_post_processor(Some(BertProcessing::new(
                ("[SEP]".into(), 3),
                ("[CLS]".into(), 2),
            )));
        Self { ours, reference }
    }

    fn ours(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = Vec::new();
        self.ours.encode(text, max_tokens, &mut ids);
        ids
    }

    fn reference(&self, text: &str) -> Vec<u32> {
        self.reference.encode(text, true).unwrap().get_ids().to_vec()
    }

    #[track_caller]
    fn check(&self, text: &str) {
        assert_eq!(self.ours(text, usize::MAX), self.reference(text), "{text:?}");
    }
}

static UNCASED: LazyLock<Pair> = LazyLock::new(|| Pair::new(Options::default()));
static CASED: LazyLock<Pair> =
    LazyLock::new(|| Pair::new(Options { lowercase: false, ..Options::default() }));
static BARE: LazyLock<Pair> = LazyLock::new(|| {
    Pair::new(Options {
        clean_text: false,
        handle_chinese_chars: false,
        lowercase: false,
        strip_accents: Some(true),
        max_chars_per_word: 7,
    })
});

const TEXTS: [&str; 27] = [
    "",
    " ",
    "a",
    "The café stopped downloading; naïve, isn't it?",
    "Straße STRASSE ẞ ß ﬁ ﬀ",
    "İstanbul Iıİi i\u{307} I\u{307}",
    "ΟΔΥΣΣΕΥΣ Σ σ ς",
    "Москва Ёлка й",
    "e\u{301} \u{301} a\u{323}\u{307} a\u{307}\u{323} \u{344} q\u{307}\u{323}\u{301}",
    "한국어 각\u{11a8} \u{1112}\u{1161}\u{11ab}",
    "野口里佳 Noguchi 𠀋豈〇々カタカナがか\u{3099}",
    "ไทยกำ ល្អ नमस्ते क़ ড়",
    "👩‍👩‍👧 ❤️ 🇩🇪 1️⃣",
    "a\u{200b}b\u{ad}c\u{feff}d\u{2060}e\u{0}f\u{fffd}g\u{85}h\u{7f}i",
    "tab\tline\nreturn\rvertical\u{b}feed\u{c}nbsp\u{a0}em\u{2003}ideographic\u{3000}ls\u{2028}ps\u{2029}x",
    "E0382 Vec::with_capacity(10) --flag a_b x86_64 C++ C# .NET $HOME `code` ^~|<=>+",
    "“quotes” ‘single’ «guillemets» — – … ·, ، 。！？「」",
    "[CLS] [SEP][MASK] [mask] [UNK]x[PAD] a[SEP]b [ SEP] [[SEP]]",
    "##ping ## # ##s",
    "\u{11935}\u{11938} \u{105c9}\u{16121} \u{7fd}\u{8d3}\u{301} \u{1e4ec}\u{323}",
    "\u{1d15e}\u{1d157}\u{1d165} \u{2126}\u{212a}\u{212b} \u{f900}\u{2f800}",
    "½ ² ① Ⅷ ™ ℃ €¥₿",
    "\u{e000}private\u{f8ff} \u{e0001}tag \u{fdd0}\u{ffff}",
    "Ꭰꭰ Ა ა Ǆ ǅ ǆ Ⱥ ⱥ",
    "שָׁלוֹם مُحَمَّد آ إ ۀ",
    "don't can't l'été O’Reilly",
    "the stop ping stopping downloads unaffable unaffables",
];

#[test]
fn listed_texts_give_the_ids_of_the_reference() {
    for text in TEXTS {
        UNCASED.check(text);
        CASED.check(text);
        BARE.check(text);
    }
}

#[test]
fn every_character_gives_the_ids_of_the_reference() {
    // In words of sixteen, with a letter and an accent between, so that order and class of each show.
    let every: Vec<char> = ('\0'..=char::MAX).filter(|&c| u32::from(c) < 0x3_4000).collect();
    for run in every.chunks(16) {
        let text: String = run.iter().flat_map(|&c| [' ', 'e', c, '\u{323}', '\u{301}']).collect();
        UNCASED.check(&text);
    }
}

#[test]
fn the_length_limit_counts_characters_after_normalisation() {
    for length in [99, 100, 101] {
        UNCASED.check(&"é".repeat(length));
        UNCASED.check(&"e\u{301}".repeat(length));
        UNCASED.check(&format!("the {} stop", "水a".repeat(length)));
    }
    for length in 5..9 {
        BARE.check(&"ж".repeat(length));
    }
}

#[test]
fn truncation_keeps_what_the_reference_keeps() {
    for max_tokens in [3, 4, 5, 8, 16] {
        let mut reference = UNCASED.reference.clone();
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        reference.with_truncation(Some(truncation)).unwrap();
        for text in TEXTS {
            let expected = reference.encode(text, true).unwrap();
            assert_eq!(UNCASED.ours(text, max_tokens), expected.get_ids(), "{max_tokens} {text:?}");
        }
    }
}

#[test]
fn the_comparison_notices_another_setting() {
    assert_ne!(CASED.ours("Été", 99), UNCASED.reference("Été"));
    assert_ne!(BARE.ours("水水", 99), UNCASED.reference("水水"));
}

/// Text in which much meets: words of the vocabulary, accents, spaces of all kinds, special tokens and any character.
fn nasty() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        3 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        2 => "[A-Za-z]{1,8}",
        1 => prop::sample::select(SPECIAL.to_vec()).prop_map(str::to_owned),
        2 => "[ \t\n\r.,;:!?'\"()\\[\\]{}#$_-]{1,3}",
        2 => "[\u{300}-\u{36f}\u{590}-\u{5ff}\u{610}-\u{65f}\u{3099}\u{309a}]{1,3}",
        2 => "[À-ɏΑ-ωА-џ\u{1e00}-\u{1fff}]{1,4}",
        1 => "[\u{4e00}-\u{4e3f}가-힣ぁ-ヿ\u{f900}-\u{fa6d}]{1,3}",
        1 => "[\u{0}-\u{20}\u{7f}-\u{a0}\u{ad}\u{200b}-\u{200f}\u{2028}-\u{202f}\u{3000}\u{feff}\u{fffd}]",
        1 => "[😀-😏👩❤\u{fe0f}\u{200d}🇦-🇿]{1,3}",
        2 => prop::char::any().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(bit, 0..24).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_the_ids_of_the_reference(text in nasty()) {
        prop_assert_eq!(UNCASED.ours(&text, usize::MAX), UNCASED.reference(&text));
        prop_assert_eq!(CASED.ours(&text, usize::MAX), CASED.reference(&text));
        prop_assert_eq!(BARE.ours(&text, usize::MAX), BARE.reference(&text));
    }
}
