//! What became of an expectation.

use std::fmt;

use stowplan_engine::model::Time;

use crate::view::Seconds;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Position of the entry in `expect`, from 0.
    pub position: usize,
    /// `label` of the entry.
    pub label: Option<String>,
    /// The quantifier with its times, as it would be said: `always from 60 s`.
    pub form: String,
    /// The expression.
    pub expression: String,
    /// Whether it holds.
    pub passed: bool,
    /// When it failed first; for `eventually` when it was last looked at. None when it passed.
    pub at: Option<Time>,
    /// Why there was no result.
    pub error: Option<String>,
    /// The names it reads, with what they stood for then.
    pub values: Vec<(String, String)>,
    /// The events just before, as lines of the story.
    pub events: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.passed { "passed" } else { "FAILED" };
        write!(f, "{mark}  {}: ", self.form)?;
        match &self.label {
            Some(label) => write!(f, "{label}")?,
            None => write!(f, "{}", one_line(&self.expression))?,
        }
        if self.passed {
            return Ok(());
        }
        if let Some(at) = self.at {
            write!(f, "\n        at {} s", Seconds(at))?;
        }
        if self.label.is_some() {
            write!(f, "\n        {}", one_line(&self.expression))?;
        }
        if let Some(error) = &self.error {
            write!(f, "\n        {error}")?;
        }
        for (name, value) in &self.values {
            write!(f, "\n        {name} = {value}")?;
        }
        for (position, line) in self.events.iter().enumerate() {
            let lead = if position == 0 { "just before:\n          " } else { "  " };
            write!(f, "\n        {lead}{line}")?;
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
