//! Directories: any body, in a sound frame or as it comes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, PassageId, frame};
use sextant_index::directory::Directory;

fuzz_target!(|body: &[u8]| {
    assert!(Directory::open(body, "bare").is_err(), "no frame, no shard");
    let file = frame::write(Kind::Directory, body);
    let Ok(directory) = Directory::open(&file, "framed") else { return };
    assert_eq!(directory.lengths().len(), directory.passages() as usize);
    for id in 0..directory.passages() {
        let page = directory.page(PassageId(id)).expect("every passage has a page");
        assert!(page.0 < directory.pages());
    }
    assert_eq!(directory.page(PassageId(directory.passages())), None);
});
