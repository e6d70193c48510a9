//! What a container of ours says about itself: JSON under one key of its safetensors metadata.

use std::ops::RangeInclusive;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::EncoderError;
use crate::safetensors::Tensors;

/// The description under `key`, in one of the `formats`; what is in it is the caller's to check. `file`: for messages.
///
/// # Errors
/// [`EncoderError`]: no such key, another format, or JSON that does not read.
pub(crate) fn read<T: DeserializeOwned>(
    file: &str,
    tensors: &Tensors,
    key: &str,
    formats: RangeInclusive<u32>,
) -> Result<T, EncoderError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let json = tensors.metadata(key).ok_or_else(|| EncoderError::NotAContainer {
        file: file.to_owned(),
        what: format!("a safetensors file without `{key}` in its metadata"),
    })?;
    let unreadable = |error: serde_json::Error| {
        EncoderError::content(file, format!("its description does not read: {error}"))
    };
    // Another format may have another shape, so its number is looked at before all else.
    let Format { format } = serde_json::from_str(json).map_err(unreadable)?;
    if !formats.contains(&format) {
        let (oldest, newest) = formats.into_inner();
        let file = file.to_owned();
        return Err(EncoderError::Version { file, found: format, oldest, newest });
    }
    serde_json::from_str(json).map_err(unreadable)
}
