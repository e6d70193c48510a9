use naga::back::pipeline_constants::process_overrides;
use naga::valid::{Capabilities, ValidationFlags, Validator};

use super::*;
use crate::kernel::{Real, Shader};

/// Everything that is ever compiled.
fn shaders() -> Vec<Shader> {
    let mut shaders: Vec<Shader> = linear::variants().into_iter().map(linear::shader).collect();
    let tables = [embed::Table::F32, embed::Table::Int8, embed::Table::Product { runs: 96 }];
    shaders.extend(tables.map(embed::shader));
    for half in [false, true] {
        shaders.extend([12, 32, 64].map(|channels| attention::shader(channels, half)));
    }
    shaders.extend([false, true].map(|cls| pool::shader(cls, false)));
    shaders.push(pool::shader(false, true));
    shaders.extend(scan::Bits::ALL.map(scan::shader));
    shaders.push(top::shader());
    shaders
}

fn validate(shader: &Shader) -> Result<(), String> {
    let text = shader.text();
    let module = naga::front::wgsl::parse_str(&text).map_err(|e| e.emit_to_string(&text))?;
    // `unpack2x16float` is part of WebGPU, whether or not there is an f16.
    let mut capabilities = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    capabilities.set(Capabilities::SHADER_FLOAT16, shader.real == Real::Half);
    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
    let info = validator.validate(&module).map_err(|e| e.emit_to_string(&text))?;
    let constants =
        shader.constants.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let entry = Some((naga::ShaderStage::Compute, "main"));
    let (module, _) =
        process_overrides(&module, &info, entry, &constants).map_err(|e| format!("{e}"))?;
    validator.reset();
    validator.validate(&module).map_err(|e| e.emit_to_string(&text))?;
    // What WebGPU guarantees: 256 threads.
    let threads: u32 = module.entry_points[0].workgroup_size.iter().product();
    if threads > 256 { Err(format!("{threads} threads")) } else { Ok(()) }
}

#[test]
fn every_variant_of_every_shader_is_valid() {
    let shaders = shaders();
    assert!(shaders.len() > 100, "{}", shaders.len());
    for shader in shaders {
        if let Err(what) = validate(&shader) {
            panic!("{} {:?} {:?}: {what}", shader.label, shader.real, shader.constants);
        }
    }
}

#[test]
fn the_validator_refuses_a_shader_that_is_wrong() {
    let mut shader = pool::shader(false, false);
    shader.constants.push(("NO_SUCH_CONSTANT", 1.0));
    assert!(validate(&shader).is_err());
    shader.constants.pop();
    shader.files = &["@compute @workgroup_size(1) fn main() { let x: u32 = 1.0f; }"];
    assert!(validate(&shader).is_err());
}

#[test]
fn tiles_fit_into_the_workgroup_memory_that_they_are_chosen_for() {
    for arithmetic in
        [linear::Arithmetic::Single, linear::Arithmetic::Half, linear::Arithmetic::Integer]
    {
        for bytes in [16_384, 32_768] {
            assert!(linear::Tile::largest(bytes, arithmetic).bytes(arithmetic) <= bytes);
        }
        assert!(linear::Tile::Small.bytes(arithmetic) <= 16_384);
    }
}

#[test]
fn a_long_text_is_several_blocks_and_no_block_has_two_texts() {
    assert_eq!(attention::blocks(&[0, 3, 73]), [0, 3, 0, 0, 3, 70, 0, 0, 3, 70, 64, 0]);
    assert!(attention::blocks(&[0]).is_empty());
}

#[test]
fn passes_end_with_one_run_however_many_are_kept() {
    for (entries, keep) in [(1, 1), (1024, 512), (1025, 512), (100_000, 10), (1_000_000, 512)] {
        let passes = top::Pass::all(entries, keep);
        assert_eq!(passes.last().unwrap().left(), keep, "{entries} {keep}: {passes:?}");
        assert!(passes.len() <= 12, "{entries} {keep}");
    }
}
