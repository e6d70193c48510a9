//! The `gpu` module: the encoder's forward on the browser's WebGPU.
//!
//! It neither tokenizes nor reads containers: the `encoder` module does both and lends what is needed. Everything that goes
//! wrong is an object `{ code, message }` whose code begins with `gpu/`, and the caller goes on with the CPU.

use std::sync::Arc;

use crate::fault::fault;
use crate::values::object;
use sextant_encoder::gpu::{self, Gpu, GpuEncoder, GpuError, Options};
use sextant_encoder::lend::Model;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What computes, and what a forward takes. */
export interface GpuStatus {
  /** Its name, or the browser's description of it; may be empty. */
  readonly adapter: string;
  /** The driver or the architecture; may be empty. */
  readonly driver: string;
  /** Whether it is known to be a program that runs on the CPU. */
  readonly software: boolean;
  /** How products are computed: `single`, `half` (`shader-f16`) or `integer` (`packed_4x8_integer_dot_product`). */
  readonly arithmetic: "single" | "half" | "integer";
  /** Bytes of a workgroup's memory. */
  readonly workgroupBytes: number;
  readonly layers: number;
  /** Of the last forward; zeros before the first. */
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
  /** Bytes of the device's memory that are held. */
  readonly bytes: number;
}
"#;

/// An open device.
#[wasm_bindgen]
pub struct GpuDevice {
    pub(crate) gpu: Arc<Gpu>,
}

#[wasm_bindgen]
impl GpuDevice {
    /// Opens the device.
    ///
    /// @throws `gpu/absent` or `gpu/unsupported`.
    pub async fn open() -> Result<GpuDevice, JsValue> {
        let gpu = Gpu::open(&Options::default()).await.map_err(|error| thrown(&error))?;
        Ok(Self { gpu: Arc::new(gpu) })
    }

    /// Makes room for an encoder.
    ///
    /// @param model What the lender's `model` is.
    /// @throws `gpu/memory`, or `gpu/shape` for words that are no model.
    pub fn loader(&self, model: &[u32]) -> Result<GpuLoader, JsValue> {
        let model = Model::of_words(model)
            .ok_or_else(|| fault("gpu/shape", "these words are no model's", None))?;
        let loader = gpu::Loader::new(Arc::clone(&self.gpu), model);
        Ok(GpuLoader { loader: loader.map_err(|error| thrown(&error))? })
    }

    /// Gives the device back. Whatever is under way is rejected with `gpu/lost`.
    pub fn destroy(&self) {
        self.gpu.destroy();
    }
}

/// Takes an encoder's parts.
#[wasm_bindgen]
pub struct GpuLoader {
    loader: gpu::Loader,
}

#[wasm_bindgen]
impl GpuLoader {
    /// Takes the next part, in the lender's order.
    ///
    /// @throws `gpu/shape`.
    pub fn put(&mut self, part: &[u8]) -> Result<(), JsValue> {
        self.loader.put(part).map_err(|error| thrown(&error))
    }

    /// The encoder. The loader is used up. Shaders are compiled with the first batch.
    ///
    /// @throws `gpu/shape` if parts are missing, `gpu/unsupported` for an encoder that the shaders do not have.
    pub fn finish(self) -> Result<BrowserGpuEncoder, JsValue> {
        let encoder = self.loader.finish().map_err(|error| thrown(&error))?;
        Ok(BrowserGpuEncoder { encoder })
    }
}

/// Turns token ids into unit vectors.
#[wasm_bindgen]
pub struct BrowserGpuEncoder {
    encoder: GpuEncoder,
}

#[wasm_bindgen]
impl BrowserGpuEncoder {
    /// The unit vectors of texts, one behind the other. One batch at a time: wait for it before the next call of any method.
    ///
    /// @param ids The tokens of all texts, one text behind the other.
    /// @param starts Where each begins, and where the last ends.
    /// @throws A `gpu/…` code: `lost`, `memory`, `wrong`, `shape`. It does not watch the clock.
    pub async fn encode(&mut self, ids: Vec<u32>, starts: Vec<u32>) -> Result<Vec<f32>, JsValue> {
        self.encoder.encode(&ids, &starts).await.map_err(|error| thrown(&error))
    }

    /// What computes, and what a forward takes.
    #[wasm_bindgen(unchecked_return_type = "GpuStatus")]
    pub fn status(&self) -> JsValue {
        let (status, gpu) = (self.encoder.status(), self.encoder.gpu());
        let adapter = gpu.adapter();
        object([
            ("adapter", adapter.name.as_str().into()),
            ("driver", adapter.driver.as_str().into()),
            ("software", adapter.software.into()),
            ("arithmetic", status.arithmetic.into()),
            ("workgroupBytes", gpu.workgroup_bytes().into()),
            ("layers", (status.layers as u32).into()),
            ("dispatches", status.counts.dispatches.into()),
            ("submits", status.counts.submits.into()),
            ("readbacks", status.counts.readbacks.into()),
            ("bytes", (status.bytes as f64).into()),
        ])
    }
}

fn thrown(error: &GpuError) -> JsValue {
    fault(error.code(), &error.to_string(), None)
}
