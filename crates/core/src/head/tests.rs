use super::*;
use proptest::prelude::*;

fn shard(room: &str, hash: u64) -> ShardEntry {
    ShardEntry { file: format!("{room}/{hash:012x}.sxt"), bytes: hash % 1000 }
}

/// The part of `shard` that begins at `start`.
fn part(shard: ShardEntry, start: u64) -> ShardEntry {
    let ShardEntry { file, bytes } = shard;
    ShardEntry { file: part_of(&file, start..start + bytes), bytes }
}

fn range(room: &str, hash: u64, start: u32, count: u32) -> RangeEntry {
    let ShardEntry { file, bytes } = shard(room, hash);
    RangeEntry { file, bytes, start, count }
}

fn manifest() -> Manifest {
    let codes = |room: &str| CodesEntry {
        planes: vec![PlaneEntry { code: "2bit".into(), from: 0, to: 128, keep: 300 }],
        sketch: (room == "vectors").then_some(SketchEntry { dimensions: 128, keep: 400 }),
        shards: vec![range(room, 1, 0, 3), range(room, 2, 3, 2)],
    };
    let words = |first: &str, hash| {
        let ShardEntry { file, bytes } = shard("words", hash);
        let rest = (hash > 10).then(|| shard("words", hash + 20));
        let positions = shard("words", hash + 1);
        WordsShardEntry { first: first.into(), file, bytes, positions, rest }
    };
    let block = |first: &str, hash| {
        let ShardEntry { file, bytes } = shard("tokens", hash);
        TokensBlockEntry { first: first.into(), file, bytes }
    };
    Manifest {
        pages: 2,
        passages: 5,
        vectors: Some(VectorsEntry {
            of: 384,
            dimensions: 256,
            basis: Some(shard("vectors", 3)),
            codes: codes("vectors"),
            rescore: Some(codes("rescore")),
            clusters: Some(ClustersEntry {
                count: 2,
                starts: shard("vectors", 4),
                centroids: shard("vectors", 5),
            }),
            graph: Some(GraphEntry { file: "vectors/6.sxt".into(), bytes: 6, beam: 200 }),
            tokens: Some(TokensEntry {
                often: vec![block("fold", 8), block("folder", 9)],
                rare: vec![block("foldable", 40)],
            }),
            plans: Some(ShardEntry { file: "vectors/p.json".into(), bytes: 7 }),
        }),
        words: WordsEntry {
            language: "en".into(),
            terms: 9,
            length: 300,
            shards: vec![words("", 10), words("straße", 12), words("straßen", 14)],
        },
        directory: Directory::of([0, 0, 0, 1, 1].map(PageId)).unwrap(),
        texts: vec![range("passages", 30, 0, 5)],
        filters: vec![FiltersEntry {
            keys: vec!["a".into(), "b".into()],
            file: "filters/f.sxt".into(),
            bytes: 8,
        }],
    }
}

/// The same with texts of which some share a file.
fn shared() -> Manifest {
    let texts = [(30, 0), (30, 30), (31, 0), (32, 0), (32, 32)].into_iter().zip(0..);
    let texts = texts.map(|((hash, start), passage)| {
        let shard = shard("passages", hash);
        let ShardEntry { file, bytes } = if hash == 31 { shard } else { part(shard, start) };
        RangeEntry { file, bytes, start: passage, count: 1 }
    });
    Manifest { texts: texts.collect(), ..manifest() }
}

fn bare() -> Manifest {
    Manifest { vectors: None, filters: vec![], ..manifest() }
}

#[test]
fn what_was_written_is_read() {
    for manifest in [manifest(), bare(), shared()] {
        assert_eq!(read(&write(&manifest).unwrap(), "x").unwrap(), manifest);
    }
}

#[test]
fn shards_that_share_a_file_are_one_file() {
    let files: Vec<(String, u64)> =
        shared().files().map(|(file, bytes)| (file.to_owned(), bytes)).collect();
    let texts: Vec<(&str, u64)> = files
        .iter()
        .map(|(file, bytes)| (&**file, *bytes))
        .filter(|(file, _)| file.starts_with("passages"))
        .collect();
    let expected = [
        ("passages/00000000001e.sxt", 60),
        ("passages/00000000001f.sxt", 31),
        ("passages/000000000020.sxt", 64),
    ];
    assert_eq!(texts, expected);
}

#[test]
fn shards_with_a_gap_between_them_are_not_written() {
    for (at, start) in [(1, 31), (1, 29), (0, 1), (3, 32)] {
        let mut manifest = shared();
        let text = &mut manifest.texts[at];
        text.file = part_of(Place::of(&text.file.clone()).path, start..start + text.bytes);
        assert!(
            matches!(write(&manifest), Err(error) if error.code() == "bundle/content"),
            "{at} from {start}"
        );
    }
}

#[test]
fn the_golden_bytes_are_written() {
    let manifest = Manifest {
        words: WordsEntry { language: "en".into(), terms: 0, length: 0, shards: vec![] },
        texts: vec![range("p", 0x0102_0304_0506, 0, 5)],
        ..bare()
    };
    let expected: Vec<u8> = [
        &b"\x02\x03\x02\x00\x02en\x00\x00\x00\x00\x00\x00\x00\x00"[..],
        b"\x01p\x01\x01\x02\x03\x04\x05\x06\x01\xbe\x01\x05\x00",
    ]
    .concat();
    assert_eq!(write(&manifest).unwrap()[frame::HEADER..], expected);
}

#[test]
fn a_file_that_is_not_named_by_its_hash_is_not_written() {
    for file in [
        "passages/0.sxt",
        "passages/00000000001G.sxt",
        "other/00000000001e.sxt",
        "passages/00000000001E.sxt",
    ] {
        let mut manifest = manifest();
        manifest.texts.push(RangeEntry { file: file.into(), ..range("passages", 30, 5, 1) });
        assert!(
            matches!(write(&manifest), Err(error) if error.code() == "bundle/content"),
            "{file}"
        );
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_not_read() {
    let mut manifest = manifest();
    manifest.texts[0].count = 6;
    let error = read(&write(&manifest).unwrap(), "x").unwrap_err();
    assert_eq!(error.code(), "bundle/content");
}

#[test]
fn every_cut_and_every_flip_is_refused() {
    let file = write(&manifest()).unwrap();
    for end in 0..file.len() {
        assert!(read(&file[..end], "x").is_err(), "cut at {end}");
    }
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        assert!(read(&damaged, "x").is_err(), "flipped at {at}");
    }
}

#[test]
fn a_separator_is_as_short_as_can_be() {
    let shortest = [
        ("", "abc", "a"),
        ("abba", "abc", "abc"),
        ("ab", "abc", "abc"),
        ("straße", "straßen", "straßen"),
        ("a", "über", "ü"),
        ("a", "b", "b"),
    ];
    for (last, first, expected) in shortest {
        assert_eq!(separator(last, first), expected);
    }
}

proptest! {
    #[test]
    fn a_separator_lies_between(a: String, b: String) {
        prop_assume!(a != b);
        let (last, first) = if a < b { (&a, &b) } else { (&b, &a) };
        let found = separator(last, first);
        prop_assert!(&**last < found && found <= &**first);
    }

    #[test]
    fn no_body_makes_it_panic(changes in proptest::collection::vec((0usize..700, any::<u8>()), 1..4), cut in 0usize..2000) {
        let mut body = write(&manifest()).unwrap().split_off(frame::HEADER);
        for (at, byte) in changes {
            let length = body.len();
            body[at % length] = byte;
        }
        body.truncate(cut);
        let _ = read(&frame::write(Kind::Head, &body), "x");
    }

    #[test]
    fn first_terms_come_back_whatever_they_are(mut firsts: Vec<String>) {
        firsts.sort();
        firsts.dedup();
        let mut manifest = manifest();
        let shard = manifest.words.shards[0].clone();
        manifest.words.shards = firsts.into_iter().map(|first| WordsShardEntry { first, ..shard.clone() }).collect();
        prop_assert_eq!(read(&write(&manifest).unwrap(), "x").unwrap(), manifest);
    }
}
