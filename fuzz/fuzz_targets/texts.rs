//! Texts shards: any body, in a sound frame or as it comes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sextant_core::{Kind, PassageId, frame};
use sextant_index::texts::Texts;

fuzz_target!(|body: &[u8]| {
    assert!(Texts::open(body, "bare").is_err(), "no frame, no shard");
    let file = frame::write(Kind::Passages, body);
    let Ok(texts) = Texts::open(&file, "framed") else { return };
    for id in texts.start()..texts.start() + texts.count() {
        let (passage, _) = texts.get(PassageId(id)).expect("every passage of the shard is there");
        assert!(texts.pages().any(|(page, _)| page == passage.page));
    }
    assert!(texts.get(PassageId(texts.start() + texts.count())).is_none());
});
