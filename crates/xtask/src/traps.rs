//! Makes panics bare traps.
//!
//! Nobody reads what a panic in a browser says: the modules set no hook, and the standard library has no standard error
//! there. The module traps, and the client tells that. Yet what makes the messages would be fetched by every reader: a
//! place in the source for each check, and the formatting that only panics use. So the body of each function that can do
//! nothing but trap becomes one `unreachable`, and wasm-opt takes away the rest: what only those called, and the arguments
//! that nobody reads any more. Every check stays.
//!
//! Such a function is the standard library's panic handler, found by its name, and whichever has no way to its end but over
//! an `unreachable` or a call of another such function, and before that reaches nothing through a table or in JavaScript,
//! which may throw.

use crate::sections::{CODE, CUSTOM, changed, put_number};
use std::borrow::Cow;
use std::collections::BTreeSet;
use wasmparser::{
    BinaryReaderError, FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// Part of the name of what every panic comes to.
const PANIC_HANDLER: &str = "rust_begin_unwind";
/// A body without locals: `unreachable`, `end`.
const TRAP: [u8; 3] = [0, 0x00, 0x0b];
/// What the section of names begins with.
const NAMES: &[u8] = b"\x04name";

/// `wasm`, which has names, with bare traps and without names.
pub fn bare(wasm: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let functions = Functions::read(wasm)?;
    let traps = functions.traps()?;
    changed(wasm, |id, content| match id {
        CUSTOM if content.starts_with(NAMES) => Ok(None),
        CODE => Ok(Some(Cow::Owned(functions.code(&traps)))),
        _ => Ok(Some(Cow::Borrowed(content))),
    })
}

/// The functions of a module by their numbers: those that are imported come first.
#[derive(Default)]
struct Functions<'w> {
    imported: u32,
    bodies: Vec<FunctionBody<'w>>,
    panic_handlers: BTreeSet<u32>,
}

impl<'w> Functions<'w> {
    fn read(wasm: &'w [u8]) -> Result<Self, BinaryReaderError> {
        let mut functions = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let is_function = matches!(import?.ty, TypeRef::Func(_));
                        functions.imported += u32::from(is_function);
                    }
                }
                Payload::CodeSectionEntry(body) => functions.bodies.push(body),
                Payload::CustomSection(custom) => {
                    let KnownCustom::Name(names) = custom.as_known() else { continue };
                    for name in names {
                        let Name::Function(names) = name? else { continue };
                        for named in names {
                            let named = named?;
                            if named.name.contains(PANIC_HANDLER) {
                                functions.panic_handlers.insert(named.index);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &FunctionBody<'w>)> {
        (self.imported..).zip(&self.bodies)
    }

    /// Those that can do nothing but trap.
    fn traps(&self) -> Result<BTreeSet<u32>, BinaryReaderError> {
        let mut traps = self.panic_handlers.clone();
        loop {
            let before = traps.len();
            let loud = self.loud(&traps)?;
            for (number, body) in self.numbered() {
                if !traps.contains(&number) && only_traps(body, &traps, &loud)? {
                    traps.insert(number);
                }
            }
            if traps.len() == before {
                return Ok(traps);
            }
        }
    }

    /// Those that may reach something through a table or in JavaScript, where `traps` do nothing but trap.
    fn loud(&self, traps: &BTreeSet<u32>) -> Result<BTreeSet<u32>, BinaryReaderError> {
        let mut loud: BTreeSet<u32> = (0..self.imported).collect();
        loop {
            let before = loud.len();
            for (number, body) in self.numbered() {
                if !loud.contains(&number) && !traps.contains(&number) && is_loud(body, &loud)? {
                    loud.insert(number);
                }
            }
            if loud.len() == before {
                return Ok(loud);
            }
        }
    }

    /// The code section's content, where `traps` are bare.
    fn code(&self, traps: &BTreeSet<u32>) -> Vec<u8> {
        let mut out = vec![];
        put_number(&mut out, self.bodies.len());
        for (number, body) in self.numbered() {
            let body = if traps.contains(&number) { &TRAP } else { body.as_bytes() };
            put_number(&mut out, body.len());
            out.extend_from_slice(body);
        }
        out
    }
}

fn is_loud(body: &FunctionBody<'_>, loud: &BTreeSet<u32>) -> Result<bool, BinaryReaderError> {
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        if calls(&operator, loud) || is_unknown(&operator) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether every way through `body` ends in a trap, and none comes by a function of `loud`.
fn only_traps(
    body: &FunctionBody<'_>,
    traps: &BTreeSet<u32>,
    loud: &BTreeSet<u32>,
) -> Result<bool, BinaryReaderError> {
    let mut flow = Flow { blocks: vec![], goes_on: true, is_more: false };
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        match &operator {
            Operator::Block { .. } => flow.begin(Kind::Block),
            Operator::Loop { .. } => flow.begin(Kind::Loop),
            Operator::If { .. } => flow.begin(Kind::If),
            Operator::Else => flow.begin_else(),
            Operator::End if flow.blocks.is_empty() => return Ok(!flow.goes_on),
            Operator::End => flow.end(),
            Operator::Unreachable => flow.goes_on = false,
            Operator::Br { relative_depth } => flow.jump(*relative_depth, false),
            Operator::BrIf { relative_depth } => flow.jump(*relative_depth, true),
            Operator::BrTable { targets } => {
                for depth in targets.targets() {
                    flow.jump(depth?, true);
                }
                flow.jump(targets.default(), false);
            }
            _ if calls(&operator, traps) => flow.goes_on = false,
            _ => {
                let is_more = calls(&operator, loud) || is_unknown(&operator);
                flow.is_more |= flow.goes_on && (is_more || matches!(operator, Operator::Return));
            }
        }
        if flow.is_more {
            return Ok(false);
        }
    }
    Ok(false)
}

fn calls(operator: &Operator<'_>, some: &BTreeSet<u32>) -> bool {
    matches!(operator, Operator::Call { function_index } if some.contains(function_index))
}

/// Whether `operator` leads where nothing is known of.
fn is_unknown(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. }
    )
}

/// Where the instructions of a function lead.
struct Flow {
    blocks: Vec<Block>,
    /// Whether the next instruction can be reached.
    goes_on: bool,
    /// Whether the function may return, or do more than trap.
    is_more: bool,
}

struct Block {
    kind: Kind,
    /// Whether it can be reached.
    is_begun: bool,
    /// Whether what lies behind it can be reached from inside, other than by its last instruction.
    is_left: bool,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    /// An `if` that has had no `else` yet.
    If,
}

impl Flow {
    fn begin(&mut self, kind: Kind) {
        self.blocks.push(Block { kind, is_begun: self.goes_on, is_left: false });
    }

    fn begin_else(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.kind = Kind::Block;
            block.is_left |= self.goes_on;
            self.goes_on = block.is_begun;
        }
    }

    fn end(&mut self) {
        if let Some(Block { kind, is_begun, is_left }) = self.blocks.pop() {
            self.goes_on |= is_left || (kind == Kind::If && is_begun);
        }
    }

    fn jump(&mut self, depth: u32, is_conditional: bool) {
        if !self.goes_on {
            return;
        }
        let at = self.blocks.len().checked_sub(depth as usize + 1);
        match at.and_then(|at| self.blocks.get_mut(at)) {
            Some(block) => block.is_left |= block.kind != Kind::Loop,
            None => self.is_more = true,
        }
        self.goes_on = is_conditional;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::put_section;

    /// A module of functions with these instructions, the first of them the panic handler; function 0 is imported.
    fn module(bodies: &[&[u8]]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        put_section(&mut wasm, 1, &[1, 0x60, 0, 0]);
        put_section(&mut wasm, 2, &[1, 1, b'm', 1, b'f', 0, 0]);
        let types = vec![0; bodies.len()];
        put_section(&mut wasm, 3, &[&[bodies.len() as u8][..], &types].concat());
        let code =
            bodies.iter().flat_map(|body| [&[body.len() as u8 + 2, 0], *body, &[0x0b]].concat());
        put_section(
            &mut wasm,
            10,
            &[&[bodies.len() as u8][..], &code.collect::<Vec<u8>>()].concat(),
        );
        let handler = [&[1, 1, PANIC_HANDLER.len() as u8][..], PANIC_HANDLER.as_bytes()].concat();
        let names = [&[4][..], b"name", &[1, handler.len() as u8], &handler].concat();
        put_section(&mut wasm, 0, &names);
        wasm
    }

    /// Whether the last of these functions is made a bare trap.
    fn is_bare(bodies: &[&[u8]]) -> bool {
        let wasm = module(bodies);
        let functions = Functions::read(&wasm).unwrap();
        functions.traps().unwrap().contains(&(bodies.len() as u32))
    }

    const UNREACHABLE: u8 = 0x00;
    const RETURN: u8 = 0x0f;
    /// Calls of the import and of the panic handler.
    const OUT: [u8; 2] = [0x10, 0];
    const PANIC: [u8; 2] = [0x10, 1];
    /// `i32.const 0`, `if`, `else`, `end`.
    const IF: [u8; 4] = [0x41, 0, 0x04, 0x40];
    const ELSE: u8 = 0x05;
    const END: u8 = 0x0b;

    #[test]
    fn what_always_comes_to_a_panic_is_a_bare_trap_and_what_may_return_is_not() {
        let handler: &[u8] = &OUT;
        let last = |body: &[u8]| is_bare(&[handler, body]);
        assert!(last(&PANIC));
        assert!(last(&[UNREACHABLE]));
        assert!(!last(&[]));
        assert!(last(&[&IF[..], &PANIC, &[ELSE], &[UNREACHABLE], &[END]].concat()));
        assert!(!last(&[&IF[..], &PANIC, &[ELSE, END]].concat()));
        assert!(!last(&[&IF[..], &PANIC, &[END]].concat()));
        assert!(!last(&[&IF[..], &[RETURN, END], &PANIC].concat()));
        assert!(last(&[&[UNREACHABLE, RETURN][..], &OUT].concat()));
        // block, br 0 or br_if 0, trap, end: behind the block it goes on.
        assert!(!last(&[&[0x02, 0x40, 0x0c, 0][..], &PANIC, &[END]].concat()));
        assert!(!last(&[&[0x02, 0x40, 0x41, 0, 0x0d, 0][..], &PANIC, &[END]].concat()));
        assert!(last(&[&[0x02, 0x40, 0x0c, 0][..], &PANIC, &[END], &PANIC].concat()));
        // loop, br_if 0, trap, end; and br_if 1, which returns.
        assert!(last(&[&[0x03, 0x40, 0x41, 0, 0x0d, 0][..], &PANIC, &[END]].concat()));
        assert!(!last(&[&[0x03, 0x40, 0x41, 0, 0x0d, 1][..], &PANIC, &[END]].concat()));
    }

    #[test]
    fn what_javascript_may_hear_of_first_stays() {
        assert!(!is_bare(&[&OUT, &[&OUT[..], &PANIC].concat()]));
        // By way of another function, which does return.
        assert!(!is_bare(&[&OUT, &OUT, &[0x10, 2, UNREACHABLE]]));
        assert!(is_bare(&[&OUT, &[], &[0x10, 2, UNREACHABLE]]));
        // call_indirect
        assert!(!is_bare(&[&OUT, &[0x41, 0, 0x11, 0, 0, UNREACHABLE]]));
    }

    #[test]
    fn names_go_and_all_else_stays() {
        let wasm = module(&[&OUT, &PANIC, &OUT]);
        let bared = bare(&wasm).unwrap();
        let expected = module(&[&[UNREACHABLE], &[UNREACHABLE], &OUT]);
        let before_names = expected.len() - (PANIC_HANDLER.len() + 12);
        assert_eq!(bared, expected[..before_names]);
        wasmparser::Parser::new(0).parse_all(&bared).for_each(|payload| drop(payload.unwrap()));
    }
}
