//! Progress of long work: a bar on a terminal, silence anywhere else.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes.
    Bytes,
    /// Things.
    Items,
}

/// A bar on standard error. It goes away when the work ends.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar of unknown length.
    pub(crate) fn new(label: &'static str, unit: Unit) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec} {eta}",
            Unit::Items => "{human_pos}/{human_len} {per_sec} {eta}",
        };
        let template = format!("{{msg}} {{wide_bar}} {counts}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        Self { bar }
    }

    /// Shows what is being done.
    pub(crate) fn label(&self, label: &'static str) {
        if self.bar.message() != label {
            self.bar.set_message(label);
        }
    }

    /// Shows that `done` of `total` is done.
    pub(crate) fn set(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// What the engine calls; it never asks to stop.
    pub(crate) fn callback(&self) -> impl FnMut(u64, u64) -> bool + '_ {
        |done, total| {
            self.set(done, total);
            true
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
