//! Texts come back as they were written, and nothing else is accepted.

use super::*;
use crate::sweep;
use proptest::prelude::*;

fn page(url: &str) -> PageRecord {
    let meta = BTreeMap::from([("tag".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
    PageRecord { url: url.into(), title: "T".into(), language: "en".into(), meta }
}

fn passage(page: u32, text: &str) -> Passage {
    let trail = vec!["H".to_owned()];
    Passage { page: PageId(page), trail, anchor: Some("h".into()), text: text.into() }
}

fn written(shard_bytes: usize, passages: &[Passage]) -> Vec<TextsPart> {
    let mut writer = TextsWriter::new(shard_bytes);
    for (n, passage) in passages.iter().enumerate() {
        let record = page(&format!("/{}", passage.page.0));
        writer.add(PassageId(n as u32), passage, &record).unwrap();
    }
    writer.finish()
}

#[test]
fn the_golden_bytes_are_written() {
    let mut bare = passage(3, "x");
    bare.anchor = None;
    let part = written(1000, &[passage(3, "hi"), bare]).remove(0);
    let expected = [
        0, 1, 3, 2, b'/', b'3', 1, b'T', 2, b'e', b'n', 1, 3, b't', b'a', b'g', 2, 1, b'a', 1,
        b'b', 2, 0, 1, 1, b'H', 1, 1, b'h', 2, b'h', b'i', 0, 1, 1, b'H', 0, 1, b'x',
    ];
    assert_eq!(part.file[frame::HEADER..], expected);
}

#[test]
fn shards_are_cut_by_bytes_and_repeat_their_pages() {
    let passages: Vec<Passage> = (0..10).map(|n| passage(n / 4, "twelve bytes")).collect();
    let parts = written(60, &passages);
    assert!(parts.len() > 2);
    let mut next = 0;
    for part in &parts {
        let texts = Texts::open(&part.file, "x").unwrap();
        assert_eq!((texts.start(), part.start), (next, next));
        for id in next..next + part.count {
            let (passage, page) = texts.get(PassageId(id)).unwrap();
            assert_eq!(passage, &passages[id as usize]);
            assert_eq!(page.url, format!("/{}", id / 4));
        }
        next += part.count;
        assert_eq!(texts.get(PassageId(next)), None);
    }
    assert_eq!(next, 10);
}

#[test]
fn a_gap_is_refused_by_the_writer() {
    let mut writer = TextsWriter::new(1000);
    let error = writer.add(PassageId(1), &passage(0, "x"), &page("/")).unwrap_err();
    assert!(matches!(error, IndexError::Order { found: 1, .. }));
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    let part = written(1000, &[passage(0, "hi")]).remove(0);
    sweep::damage(&part.file, |file| Texts::open(file, "x").is_err());
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        texts in proptest::collection::vec(
            (".{0,30}", proptest::option::of(".{0,8}"), proptest::collection::vec(".{0,8}", 0..3)),
            0..12,
        )
    ) {
        let passages: Vec<Passage> = texts.into_iter().enumerate()
            .map(|(n, (text, anchor, trail))| Passage { page: PageId(n as u32 / 2), trail, anchor, text })
            .collect();
        let mut read = Vec::new();
        for part in written(200, &passages) {
            let texts = Texts::open(&part.file, "x").unwrap();
            let ids = part.start..part.start + part.count;
            read.extend(ids.map(|id| texts.get(PassageId(id)).unwrap().0.clone()));
        }
        prop_assert_eq!(read, passages);
    }

    #[test]
    fn no_body_makes_it_panic(
        file in sweep::lies(Kind::Passages, &written(1000, &[passage(0, "hi"), passage(1, "x")])[0].file)
    ) {
        let _ = Texts::open(&file, "x");
    }
}
