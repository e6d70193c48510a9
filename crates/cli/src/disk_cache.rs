//! Vectors kept between builds: one append-only file an encoder in the cache directory.
//!
//! Losing the file costs a longer build and nothing else, so damage is skipped, not reported: a record
//! with a wrong checksum is not found, and a torn tail is cut when the next record is appended. Two
//! builds at once may share a file: appending takes the file's lock.

use anyhow::{Context, Result};
use sextant_build::{VectorCache, VectorKey};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

// offset size
//      0    8  magic "SXTVEC01"; integers and floats are little endian
//      8    4  dimensions d
//     12    4  zero
//     16    -  records of 32 + 4 d + 4 bytes: key, vector, crc32 of both
const MAGIC: [u8; 8] = *b"SXTVEC01";
const HEADER: usize = 16;
const KEY: usize = 32;
const CHECKSUM: usize = 4;

/// The vectors of one encoder on disk.
pub struct DiskCache {
    file: File,
    dimensions: usize,
    /// Where each key's record starts.
    places: HashMap<VectorKey, u64>,
    /// Why vectors were not kept, if they were not.
    pub trouble: Option<String>,
}

impl DiskCache {
    /// Opens or makes the file of the encoder `identity` in `directory`.
    ///
    /// # Errors
    /// When the directory or the file cannot be made or read.
    pub fn open(directory: &Path, identity: &str, dimensions: usize) -> Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cache directory {}", directory.display()))?;
        let name = sextant_build::content_name(identity.as_bytes());
        let path = directory.join(format!("vectors-{name}.cache"));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.with_context(|| path.display().to_string())?;
        file.lock().with_context(|| path.display().to_string())?;
        let places = read(&mut file, dimensions).with_context(|| path.display().to_string());
        file.unlock().with_context(|| path.display().to_string())?;
        Ok(Self { file, dimensions, places: places?, trouble: None })
    }

    fn record(&self) -> usize {
        KEY + 4 * self.dimensions + CHECKSUM
    }

    fn append(&mut self, batch: &[(VectorKey, &[f32])]) -> std::io::Result<()> {
        let record = self.record();
        let mut bytes = Vec::with_capacity(batch.len() * record);
        for (key, vector) in batch {
            let start = bytes.len();
            bytes.extend_from_slice(&key.0);
            bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
            let checksum = crc32fast::hash(&bytes[start..]);
            bytes.extend_from_slice(&checksum.to_le_bytes());
        }
        self.file.lock()?;
        let written = self.append_locked(&bytes);
        self.file.unlock()?;
        let start = written?;
        for (index, (key, _)) in batch.iter().enumerate() {
            self.places.insert(*key, start + (index * record) as u64);
        }
        Ok(())
    }

    fn append_locked(&mut self, bytes: &[u8]) -> std::io::Result<u64> {
        let length = self.file.metadata()?.len().saturating_sub(HEADER as u64);
        let whole = length - length % self.record() as u64;
        let start = HEADER as u64 + whole;
        if whole != length {
            self.file.set_len(start)?;
        }
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(bytes)?;
        Ok(start)
    }

    fn read_at(&mut self, place: u64, key: &VectorKey) -> Option<Vec<f32>> {
        let mut record = vec![0; self.record()];
        self.file.seek(SeekFrom::Start(place)).ok()?;
        self.file.read_exact(&mut record).ok()?;
        let (content, checksum) = record.split_at_checked(record.len() - CHECKSUM)?;
        let (found, vector) = content.split_at_checked(KEY)?;
        let sound = crc32fast::hash(content).to_le_bytes() == checksum && found == key.0;
        let floats = vector.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        sound.then(|| floats.collect())
    }
}

impl VectorCache for DiskCache {
    fn get(&mut self, key: &VectorKey) -> Option<Vec<f32>> {
        let place = *self.places.get(key)?;
        self.read_at(place, key)
    }

    fn put(&mut self, batch: &[(VectorKey, &[f32])]) {
        let fits = batch.iter().all(|(_, vector)| vector.len() == self.dimensions);
        if !fits || self.trouble.is_some() {
            return;
        }
        if let Err(error) = self.append(batch) {
            self.trouble = Some(error.to_string());
        }
    }
}

/// Reads the keys of all records; makes the header of a file that is empty or of another sort.
fn read(file: &mut File, dimensions: usize) -> std::io::Result<HashMap<VectorKey, u64>> {
    let mut wanted = [0u8; HEADER];
    wanted[..8].copy_from_slice(&MAGIC);
    wanted[8..12].copy_from_slice(&(dimensions as u32).to_le_bytes());
    let mut header = [0u8; HEADER];
    file.seek(SeekFrom::Start(0))?;
    if file.read_exact(&mut header).is_err() || header != wanted {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&wanted)?;
        return Ok(HashMap::new());
    }
    let mut places = HashMap::new();
    let mut reader = BufReader::with_capacity(1 << 20, &*file);
    let mut record = vec![0u8; KEY + 4 * dimensions + CHECKSUM];
    let mut place = HEADER as u64;
    while reader.read_exact(&mut record).is_ok() {
        if let Some(key) = record.first_chunk::<KEY>() {
            places.insert(VectorKey(*key), place);
        }
        place += record.len() as u64;
    }
    Ok(places)
}

/// The cache directory of this user: `$XDG_CACHE_HOME/sextant`, `~/.cache/sextant`, or
/// `%LOCALAPPDATA%\sextant`; none where there is no home.
pub fn default_directory() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = of("XDG_CACHE_HOME")
        .or_else(|| of("LOCALAPPDATA"))
        .or_else(|| of("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("sextant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> VectorKey {
        VectorKey([number; 32])
    }

    fn path_in(directory: &Path) -> PathBuf {
        fs::read_dir(directory).unwrap().next().unwrap().unwrap().path()
    }

    #[test]
    fn what_was_put_is_found_after_opening_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        cache.put(&[(key(1), &[1.0, 2.0]), (key(2), &[3.0, 4.0])]);
        assert_eq!(cache.get(&key(2)), Some(vec![3.0, 4.0]));
        drop(cache);
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        assert_eq!(cache.get(&key(1)), Some(vec![1.0, 2.0]));
        assert_eq!(cache.get(&key(3)), None);
        let mut other = DiskCache::open(directory.path(), "another", 2).unwrap();
        assert_eq!(other.get(&key(1)), None);
    }

    #[test]
    fn a_torn_tail_is_cut_and_a_damaged_record_is_not_found() {
        let directory = tempfile::tempdir().unwrap();
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        cache.put(&[(key(1), &[1.0, 2.0]), (key(2), &[3.0, 4.0])]);
        drop(cache);
        let path = path_in(directory.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 3);
        bytes[HEADER + KEY] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        assert_eq!(cache.get(&key(1)), None, "damaged");
        assert_eq!(cache.get(&key(2)), None, "torn");
        cache.put(&[(key(3), &[5.0, 6.0])]);
        drop(cache);
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        assert_eq!(cache.get(&key(3)), Some(vec![5.0, 6.0]));
    }

    #[test]
    fn a_file_of_another_sort_is_started_anew() {
        let directory = tempfile::tempdir().unwrap();
        let mut cache = DiskCache::open(directory.path(), "encoder", 2).unwrap();
        cache.put(&[(key(1), &[1.0, 2.0])]);
        drop(cache);
        let mut cache = DiskCache::open(directory.path(), "encoder", 3).unwrap();
        assert_eq!(cache.get(&key(1)), None);
        cache.put(&[(key(1), &[1.0, 2.0, 3.0])]);
        assert_eq!(cache.get(&key(1)), Some(vec![1.0, 2.0, 3.0]));
    }
}
