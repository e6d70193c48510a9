//! all-MiniLM-L6-v2 by rten: token ids to a unit vector.
//!
//! The page calls three functions without any glue: [`input`] gives room for bytes, [`load`] takes them for an ONNX file,
//! [`encode`] takes them for ids (i32, little endian).

use rten::{Model, ModelOptions, NodeId};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};
use std::cell::RefCell;
use std::error::Error;

/// Values of a vector.
pub const DIMENSIONS: usize = 384;

/// An opened ONNX file.
pub struct Encoder {
    model: Model,
    ids: NodeId,
    mask: NodeId,
    rows: NodeId,
}

impl Encoder {
    /// Opens the bytes of an ONNX file.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Box<dyn Error>> {
        let model = ModelOptions::with_all_ops().load(bytes)?;
        let (ids, mask) = (model.node_id("input_ids")?, model.node_id("attention_mask")?);
        let rows = *model.output_ids().first().ok_or("no output")?;
        Ok(Self { model, ids, mask, rows })
    }

    /// The unit vectors of texts of as many ids each, padded with zeros; `lengths`: how many are the text's own.
    pub fn encode(&self, ids: Vec<i32>, lengths: &[usize]) -> Result<Vec<f32>, Box<dyn Error>> {
        let width = ids.len() / lengths.len().max(1);
        let mask = lengths.iter().flat_map(|own| (0..width).map(move |at| i32::from(at < *own)));
        let shape = [lengths.len(), width];
        let mask = NdTensor::from_data(shape, mask.collect::<Vec<i32>>());
        let ids = NdTensor::from_data(shape, ids);
        let inputs = vec![(self.ids, ids.into()), (self.mask, mask.into())];
        let [rows] = self.model.run_n(inputs, [self.rows], None)?;
        let rows: NdTensor<f32, 3> = rows.try_into()?;
        let rows: NdTensorView<f32, 3> = rows.view();
        let mut vectors = Vec::with_capacity(lengths.len() * DIMENSIONS);
        for (text, own) in lengths.iter().enumerate() {
            let mut sum = vec![0.0f32; DIMENSIONS];
            for token in 0..*own {
                for (d, sum) in sum.iter_mut().enumerate() {
                    *sum += rows[[text, token, d]];
                }
            }
            let length = sum.iter().map(|v| v * v).sum::<f32>().sqrt();
            vectors.extend(sum.iter().map(|v| v / length));
        }
        Ok(vectors)
    }
}

thread_local! {
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(vec![]) };
    static ENCODER: RefCell<Option<Encoder>> = const { RefCell::new(None) };
    static VECTOR: RefCell<Vec<f32>> = const { RefCell::new(vec![]) };
}

/// Room for so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(bytes: usize) -> *mut u8 {
    BYTES.with_borrow_mut(|input| {
        input.clear();
        input.resize(bytes, 0);
        input.as_mut_ptr()
    })
}

/// Opens the encoder that was put into the room. Panics where it cannot be opened.
#[unsafe(no_mangle)]
pub extern "C" fn load() {
    let encoder = Encoder::open(BYTES.take()).expect("an encoder that rten reads");
    ENCODER.set(Some(encoder));
}

/// The vector of the ids in the room: so many numbers from here. Panics where it cannot be made.
#[unsafe(no_mangle)]
pub extern "C" fn encode() -> *const f32 {
    let ids: Vec<i32> = BYTES.with_borrow(|bytes| {
        bytes.as_chunks().0.iter().map(|id| i32::from_le_bytes(*id)).collect()
    });
    let tokens = ids.len();
    let vector = ENCODER.with_borrow(|encoder| {
        let encoder = encoder.as_ref().expect("load() comes first");
        encoder.encode(ids, &[tokens]).expect("the graph runs")
    });
    VECTOR.set(vector);
    VECTOR.with_borrow(|vector| vector.as_ptr())
}
