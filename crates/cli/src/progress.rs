//! Progress on stderr: a bar on a terminal, plain lines elsewhere; and how long each stage took.

use crate::term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;
use sextant_build::{Progress, Stage};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Without a terminal, a stage says how far it is this often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// Redraws of the bar a second.
const REDRAWS: u8 = 12;

/// How much a command says while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chatter {
    /// Nothing.
    Silent,
    /// A bar on a terminal, else a line now and then.
    Normal,
}

/// A stage that ended.
#[derive(Clone, Debug, Serialize)]
pub struct StageTime {
    /// One lower-case word.
    pub stage: &'static str,
    /// What was counted.
    pub count: u64,
    /// Wall time.
    pub seconds: f64,
}

/// Shows stages and times them.
pub struct Meter {
    mode: Mode,
    current: Option<Current>,
    /// Stages that ended, in order.
    pub stages: Vec<StageTime>,
}

enum Mode {
    Silent,
    Plain,
    Bar,
}

struct Current {
    stage: &'static str,
    unit: &'static str,
    total: u64,
    done: u64,
    began: Instant,
    spoke: Instant,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// A meter on stderr.
    pub fn new(chatter: Chatter) -> Self {
        let mode = match chatter {
            Chatter::Silent => Mode::Silent,
            Chatter::Normal if io::stderr().is_terminal() => Mode::Bar,
            Chatter::Normal => Mode::Plain,
        };
        Self { mode, current: None, stages: Vec::new() }
    }

    /// Begins a stage; the one before ends.
    pub fn begin(&mut self, stage: &'static str, unit: &'static str, total: u64) {
        self.end();
        let now = Instant::now();
        let bar = matches!(self.mode, Mode::Bar).then(|| bar(stage, unit, total));
        self.current = Some(Current { stage, unit, total, done: 0, began: now, spoke: now, bar });
    }

    /// `count` more are done.
    pub fn step(&mut self, count: u64) {
        let Some(current) = &mut self.current else { return };
        current.done += count;
        if let Some(bar) = &current.bar {
            bar.set_position(current.done);
        } else if matches!(self.mode, Mode::Plain)
            && current.done < current.total
            && current.spoke.elapsed() >= PLAIN_EVERY
        {
            current.spoke = Instant::now();
            // Progress that nobody can read is not worth failing for.
            let _ = writeln!(io::stderr(), "{}", current.line());
        }
    }

    /// Ends the last stage.
    pub fn end(&mut self) {
        let Some(current) = self.current.take() else { return };
        if let Some(bar) = &current.bar {
            bar.finish_and_clear();
        }
        let seconds = current.began.elapsed().as_secs_f64();
        self.stages.push(StageTime { stage: current.stage, count: current.done, seconds });
    }
}

impl Current {
    /// `encode: 800 of 1,833 passages, 80/s, 13 s left`.
    fn line(&self) -> String {
        let rate = self.done as f64 / self.began.elapsed().as_secs_f64().max(1e-3);
        let left = self.total.saturating_sub(self.done) as f64 / rate.max(1e-3);
        let of = term::counted(self.total, self.unit);
        let done = term::count(self.done);
        format!("{}: {done} of {of}, {rate:.0}/s, {} left", self.stage, term::seconds(left))
    }
}

fn bar(stage: &'static str, unit: &'static str, total: u64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
    let bar = ProgressBar::with_draw_target(Some(total), target)
        .with_prefix(stage)
        .with_message(format!("{unit}s"));
    let template = "{prefix:>8} {bar:28} {human_pos} of {human_len} {msg}  {rate}  {left}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        let style = style
            .progress_chars("━╸ ")
            .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            })
            .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                if state.pos() > 0 {
                    let _ = write!(out, "{} left", term::seconds(state.eta().as_secs_f64()));
                }
            });
        bar.set_style(style);
    }
    bar
}

impl Progress for Meter {
    fn start(&mut self, stage: Stage, total: u64) {
        let unit = match stage {
            Stage::Split => "page",
            Stage::Encoder => "file",
            Stage::Encode | Stage::Vectors | Stage::Words | Stage::Texts => "passage",
        };
        self.begin(stage.name(), unit, total);
    }

    fn advance(&mut self, count: u64) {
        self.step(count);
    }

    fn finish(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_counted_and_timed_in_order() {
        let mut meter = Meter::new(Chatter::Silent);
        meter.begin("read", "page", 3);
        meter.step(1);
        meter.step(2);
        meter.start(Stage::Encode, 5);
        meter.advance(5);
        meter.finish();
        let seen: Vec<(&str, u64)> = meter.stages.iter().map(|s| (s.stage, s.count)).collect();
        assert_eq!(seen, [("read", 3), ("encode", 5)]);
    }
}
