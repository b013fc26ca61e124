//! How far a long run is, for someone who watches.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stowplan_engine::model::Time;

/// A bar on standard error; nothing when nobody watches, or the story itself is watched.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn new(title: &str, until: Time, quiet: bool) -> Self {
        let story_is_watched = !quiet && std::io::stdout().is_terminal();
        if story_is_watched || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let length = u64::try_from(until.0).unwrap_or(0);
        let bar =
            ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(5));
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} % of simulated time");
        bar.set_style(style.expect("the template is well formed"));
        bar.set_message(title.to_owned());
        Self(Some(bar.with_elapsed(Duration::ZERO)))
    }

    pub(super) fn at(&self, now: Time) {
        if let Some(bar) = &self.0 {
            bar.set_position(u64::try_from(now.0).unwrap_or(0));
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
