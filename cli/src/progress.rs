//! How far long work is, for someone who watches.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing when nobody watches.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar that is full at `length`; `of` says what it is a part of, as in "40 % of the files".
    pub(crate) fn new(length: u64, of: &str, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar =
            ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(5));
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} % of {prefix}");
        bar.set_style(style.expect("the template is well formed"));
        bar.set_prefix(of.to_owned());
        Self(Some(bar.with_elapsed(Duration::ZERO)))
    }

    /// Says what is being done.
    pub(crate) fn say(&self, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
        }
    }

    pub(crate) fn at(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }

    /// One more is done.
    pub(crate) fn advance(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
