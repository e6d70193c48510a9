//! The `encoder` module: a container's parts in, an encoder out, texts to vectors.
//!
//! The container is laid out once, in one allocation of its final size; a part lies in memory beside it
//! only while it is checked and copied.

use crate::fault::{bundle_fault, fault};
use sextant_core::{BundleError, BundleFault, Kind, frame, manifest};
use sextant_encoder::lend::Lender;
use sextant_encoder::{Encoder, EncoderError, Scratch, UNNAMED};
use sextant_kernels::Backend;
use std::borrow::Cow;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most bytes of a container that are allocated on a manifest's word: 256 MiB.
const MOST: f64 = 268_435_456.0;

/// Collects the parts of an encoder's container.
#[wasm_bindgen]
pub struct EncoderLoader {
    container: Vec<u8>,
    bytes: usize,
}

#[wasm_bindgen]
impl EncoderLoader {
    /// @param bytes Length of the whole container, as the manifest says.
    /// @throws `bundle/length` if that cannot be the length of an encoder's container.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: f64) -> Result<Self, JsValue> {
        // NaN and fractions are refused too: this comes from a manifest.
        if !(1.0..=MOST).contains(&bytes) || bytes.fract() != 0.0 {
            let what = format!("an encoder of {bytes} bytes, where 1 to {MOST} are possible");
            return Err(bundle_fault(&BundleError::content(manifest::FILE, what)));
        }
        let bytes = bytes as usize;
        let mut container = Vec::new();
        match container.try_reserve_exact(bytes) {
            Ok(()) => Ok(Self { container, bytes }),
            Err(_) => {
                let message =
                    format!("no memory for an encoder of {bytes} bytes; keyword search needs none");
                Err(fault("encoder/memory", &message, None))
            }
        }
    }

    /// Takes the next part, in the manifest's order.
    ///
    /// @param file Its name in the bundle, for messages.
    /// @param framed The file's bytes, inflated.
    /// @throws `bundle/length`, `bundle/kind`, `bundle/version` or `bundle/checksum`.
    pub fn part(&mut self, file: &str, framed: &[u8]) -> Result<(), JsValue> {
        let body =
            frame::open(framed, Kind::Encoder, file).map_err(|error| bundle_fault(&error))?;
        let length = self.container.len() + body.bytes.len();
        if length > self.bytes {
            return Err(self.wrong_length(file, length));
        }
        self.container.extend_from_slice(body.bytes);
        Ok(())
    }

    /// Opens the encoder. The loader is used up.
    ///
    /// @throws `bundle/length` if parts are missing, or an `encoder/…` code.
    pub fn finish(self) -> Result<BrowserEncoder, JsValue> {
        let encoder = Encoder::open(self.whole()?).map_err(|error| encoder_fault(&error))?;
        Ok(BrowserEncoder { encoder, scratch: Scratch::default() })
    }

    /// Opens the container for a device that is not the CPU. The loader is used up.
    ///
    /// @throws `bundle/length` if parts are missing, or an `encoder/…` code.
    pub fn lend(self) -> Result<WeightsLender, JsValue> {
        let lender = Lender::open(UNNAMED, self.whole()?).map_err(|error| encoder_fault(&error))?;
        Ok(WeightsLender { lender })
    }

    /// The container, if all of it is there.
    fn whole(self) -> Result<Vec<u8>, JsValue> {
        if self.container.len() == self.bytes {
            return Ok(self.container);
        }
        Err(self.wrong_length(manifest::FILE, self.container.len()))
    }

    fn wrong_length(&self, file: &str, found: usize) -> JsValue {
        let [expected, found] = [self.bytes, found].map(|bytes| bytes as u64);
        let fault = BundleFault::Length { file: file.to_owned(), expected, found };
        bundle_fault(&fault.into())
    }
}

/// Hands over an encoder's weights, a part at a time.
#[wasm_bindgen]
pub struct WeightsLender {
    lender: Lender,
}

#[wasm_bindgen]
impl WeightsLender {
    /// What the parts make up, for the one who takes them.
    #[wasm_bindgen(getter)]
    pub fn model(&self) -> Vec<u32> {
        self.lender.model().words()
    }

    /// The next part, or `undefined` after the last.
    ///
    /// @throws An `encoder/…` code.
    #[wasm_bindgen(js_name = nextPart)]
    pub fn next_part(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let part = self.lender.next_part().map_err(|error| encoder_fault(&error))?;
        Ok(part.map(Cow::into_owned))
    }
}

fn encoder_fault(error: &EncoderError) -> JsValue {
    fault(error.code(), &error.to_string(), None)
}

/// Whether the module computes here what it computes natively, bit for bit: its loops are run over known numbers. It takes
/// a millisecond or so. A browser may be wrong while code is new and right when it was compiled again, so ask before and
/// after a warm-up.
#[wasm_bindgen]
pub fn self_test() -> bool {
    sextant_kernels::self_test(Backend::best())
}

/// The instruction set that the module was built for: `simd128` or `relaxed`.
#[wasm_bindgen]
pub fn backend() -> String {
    Backend::best().name().to_owned()
}

/// Texts as the encoder sees them.
#[wasm_bindgen(getter_with_clone)]
pub struct Tokens {
    /// The ids of all texts, one text behind the other.
    pub ids: Vec<u32>,
    /// Where each text begins, and where the last ends.
    pub starts: Vec<u32>,
}

/// Turns texts into unit vectors.
#[wasm_bindgen]
pub struct BrowserEncoder {
    encoder: Encoder,
    scratch: Scratch,
}

#[wasm_bindgen]
impl BrowserEncoder {
    /// The unit vector of `text`, as a query.
    ///
    /// @throws An `encoder/…` code.
    pub fn encode(&mut self, text: &str) -> Result<Vec<f32>, JsValue> {
        Ok(self.encoder.encode_query(&mut self.scratch, text))
    }

    /// The unit vectors of `texts`, as passages, one behind the other.
    #[wasm_bindgen(js_name = encodePassages)]
    pub fn encode_passages(&self, texts: Vec<String>) -> Vec<f32> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.encoder.encode_passages(&texts)
    }

    /// The token ids of `texts`, as passages, for a device that encodes them.
    #[wasm_bindgen(js_name = passageTokens)]
    pub fn passage_tokens(&self, texts: Vec<String>) -> Tokens {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (ids, starts) = self.encoder.passage_tokens(&texts);
        Tokens { ids, starts }
    }

    /// The token ids of `text`, as a query.
    #[wasm_bindgen(js_name = queryTokens)]
    pub fn query_tokens(&self, text: &str) -> Tokens {
        let ids = self.encoder.query_tokens(text);
        Tokens { starts: vec![0, ids.len() as u32], ids }
    }

    /// `all-MiniLM-L6-v2`.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.encoder.name().to_owned()
    }

    /// Of its weights and tokenizer: 32 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn fingerprint(&self) -> String {
        self.encoder.fingerprint().to_owned()
    }

    /// Length of its vectors.
    #[wasm_bindgen(getter)]
    pub fn dimensions(&self) -> usize {
        self.encoder.dimensions()
    }

    /// Tokens of a text that count; the rest is cut off.
    #[wasm_bindgen(getter, js_name = maxTokens)]
    pub fn max_tokens(&self) -> usize {
        self.encoder.max_tokens()
    }
}
