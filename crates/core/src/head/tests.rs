use super::*;
use proptest::prelude::*;

fn shard(room: &str, hash: u64) -> ShardEntry {
    ShardEntry { file: format!("{room}/{hash:012x}.sxt"), bytes: hash % 1000 }
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
                core: shard("tokens", 7),
                core_words: ["a", "the", "to"].map(String::from).to_vec(),
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

fn bare() -> Manifest {
    Manifest { vectors: None, filters: vec![], ..manifest() }
}

#[test]
fn what_was_written_is_read() {
    for manifest in [manifest(), bare()] {
        assert_eq!(read(&write(&manifest).unwrap(), "x").unwrap(), manifest);
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
        b"\x01p\x01\x01\x02\x03\x04\x05\x06\xbe\x03\x05\x00",
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

proptest! {
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
