//! The wasm modules that ship: one table, read by everything that builds or checks them.

/// One module: a build of `crates/wasm` with one feature.
#[derive(Debug)]
pub struct Module {
    /// Its directory in `target/wasm/`.
    pub name: &'static str,
    /// Stem of its files: `<stem>.js`, `<stem>.d.ts`, `<stem>_bg.wasm`.
    pub stem: &'static str,
    /// The module whose glue serves this one as well, since both are the same code built in two ways: `cargo xtask
    /// wasm` holds both glues equal.
    pub glue_of: Option<&'static str>,
    /// The feature of `crates/wasm` that it is.
    pub feature: &'static str,
    /// The profile in the workspace's `Cargo.toml`.
    pub profile: &'static str,
    /// What it needs of a browser: what it is built with, and checked for on what ships.
    pub simd: Simd,
    /// What wasm-opt is asked for; its output is kept only where it is the smaller file. `None` where it
    /// never is: it unrolls what the kernels' tiles have unrolled already (measured: 507 KB → 553 KB).
    pub optimise: Option<&'static str>,
    /// How bundles carry it, since many hosts compress no wasm. `None` for the encoder, which is small beside its weights.
    pub packing: Option<Packing>,
}

/// In what a module is packed; the ending is `.wasmz` in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// What browsers unpack by themselves while they compile.
    Gzip,
    /// A sixth smaller. `web/src/modules/lzma.ts` unpacks it: some 40 ms that only the module of the first load is worth.
    Lzma,
}

/// The SIMD of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simd {
    /// No such instruction.
    None,
    /// `simd128`, and nothing of relaxed SIMD.
    Plain,
    /// `simd128` and the products of bytes of relaxed SIMD.
    Relaxed,
}

impl Simd {
    /// What rustc is told.
    pub fn target_feature(self) -> &'static str {
        match self {
            Self::None => "-simd128",
            Self::Plain => "+simd128",
            Self::Relaxed => "+simd128,+relaxed-simd",
        }
    }
}

/// All of them.
pub const MODULES: &[Module] = &[
    Module {
        name: "search",
        stem: "sextant_search",
        glue_of: None,
        feature: "search",
        profile: "wasm-size",
        simd: Simd::Plain,
        optimise: Some("-Oz"),
        packing: Some(Packing::Lzma),
    },
    Module {
        name: "search-scalar",
        stem: "sextant_search_scalar",
        glue_of: Some("search"),
        feature: "search",
        profile: "wasm-size",
        simd: Simd::None,
        optimise: Some("-Oz"),
        packing: Some(Packing::Lzma),
    },
    Module {
        name: "languages",
        stem: "sextant_languages",
        glue_of: None,
        feature: "languages",
        profile: "wasm-size",
        simd: Simd::None,
        optimise: Some("-Oz"),
        packing: Some(Packing::Gzip),
    },
    Module {
        name: "encoder",
        stem: "sextant_encoder",
        glue_of: None,
        feature: "encoder",
        profile: "wasm-speed",
        simd: Simd::Plain,
        optimise: None,
        packing: None,
    },
    Module {
        name: "encoder-relaxed",
        stem: "sextant_encoder_relaxed",
        glue_of: None,
        feature: "encoder",
        profile: "wasm-speed",
        simd: Simd::Relaxed,
        optimise: None,
        packing: None,
    },
    Module {
        name: "build",
        stem: "sextant_build",
        glue_of: None,
        feature: "build",
        profile: "wasm-size",
        simd: Simd::Plain,
        optimise: Some("-Oz"),
        packing: Some(Packing::Gzip),
    },
    Module {
        name: "gpu",
        stem: "sextant_gpu",
        glue_of: None,
        feature: "gpu",
        profile: "wasm-tiny",
        simd: Simd::None,
        optimise: Some("-Oz"),
        packing: Some(Packing::Gzip),
    },
];

/// Modules of benches, which ship nowhere and are built only by their names.
pub const BENCHES: &[Module] = &[
    // `npm run bench -- scan`: the index as the search module has it, with the builder.
    Module {
        name: "bench-scan",
        stem: "sextant_bench_scan",
        glue_of: None,
        feature: "bench-scan",
        profile: "wasm-size",
        simd: Simd::Plain,
        optimise: Some("-Oz"),
        packing: None,
    },
    // `npm run bench -- gpu`: the scan of codes on a GPU, beside that on the CPU.
    Module {
        name: "bench-gpu",
        stem: "sextant_bench_gpu",
        glue_of: None,
        feature: "bench-gpu",
        profile: "wasm-size",
        simd: Simd::Plain,
        optimise: Some("-Oz"),
        packing: None,
    },
];

impl Module {
    /// The module whose glue loads this one: itself, or that of [`Module::glue_of`].
    pub fn glue(&self) -> &Self {
        let first = self.glue_of.and_then(|name| MODULES.iter().find(|module| module.name == name));
        first.unwrap_or(self)
    }

    /// The module that a file was made of: `sextant_search_bg-1a2b3c.wasm` → `search`; `.wasmz` is it packed.
    pub fn of_file(name: &str) -> Option<&'static Self> {
        MODULES.iter().find(|module| {
            let rest = name.strip_prefix(module.stem).and_then(|rest| rest.strip_prefix("_bg"));
            rest.is_some_and(|rest| {
                rest.starts_with(['.', '-'])
                    && [".wasm", ".wasmz"].iter().any(|end| rest.ends_with(end))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_file_name_names_its_module_and_no_other() {
        let name = |file| Module::of_file(file).map(|module| module.name);
        assert_eq!(name("sextant_search_bg.wasm"), Some("search"));
        assert_eq!(name("sextant_search_bg-B1_x.wasm"), Some("search"));
        assert_eq!(name("sextant_search_bg-B1_x.wasmz"), Some("search"));
        assert_eq!(name("sextant_search_scalar_bg-B1.wasm"), Some("search-scalar"));
        assert_eq!(name("sextant_encoder_bg.wasm"), Some("encoder"));
        assert_eq!(name("sextant_encoder_relaxed_bg.wasm"), Some("encoder-relaxed"));
        assert_eq!(name("sextant_search_bg.js"), None);
        assert_eq!(name("other_bg.wasm"), None);
    }
}
