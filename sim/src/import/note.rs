//! What is said about an export: notes where it could be read all the same, one error where not.

use std::collections::BTreeMap;
use std::fmt;

use crate::document::{DocumentError, Place};

use super::at::At;

/// Something a person should know about an imported export.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What kind of remark it is.
    pub concern: Concern,
    /// The file; empty for what concerns them all.
    pub file: String,
    /// Counted from 1; 0 where no line is meant.
    pub line: u32,
    /// `tasks[3].lastStatus`; empty where no value is meant.
    pub path: String,
    /// What there is to know, as a sentence without its full stop.
    pub message: String,
}

/// What kind of remark a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// The export says two things that cannot both hold.
    Contradiction,
    /// The export lacks a part; the scenario does without.
    Missing,
    /// The export does not say it; the scenario takes it to be so.
    Assumed,
    /// The export says it; the scenario has no place for it.
    LeftOut,
}

impl Concern {
    /// One word for lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contradiction => "contradiction",
            Self::Missing => "missing",
            Self::Assumed => "assumed",
            Self::LeftOut => "left out",
        }
    }
}

/// Why an export cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The file; empty for what concerns them all.
    pub file: String,
    /// What is wrong, where in the file, and what to do about it.
    pub problem: DocumentError,
}

impl ImportError {
    pub(super) fn new(file: &str, problem: DocumentError) -> Self {
        Self { file: file.to_owned(), problem }
    }

    /// About the export as a whole.
    pub(super) fn of_all(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new("", DocumentError::new(message).with_remedy(remedy))
    }

    /// Says what to do about it.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.problem.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}: ", self.file)?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for ImportError {}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.concern.as_str())?;
        if !self.file.is_empty() {
            write!(f, "{}: ", self.file)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if self.line > 0 {
            write!(f, " (line {})", self.line)?;
        }
        Ok(())
    }
}

/// Notes as they come up. What is said again and again is said once, with a count.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// By kind and message: the first place, and how often.
    said: BTreeMap<(Concern, String), (Where, usize)>,
    order: Vec<(Concern, String)>,
}

#[derive(Clone, Debug, Default)]
struct Where {
    file: String,
    path: String,
    place: Place,
}

impl Notes {
    /// A remark on a value of the export.
    pub(super) fn at(&mut self, concern: Concern, at: &At<'_>, message: impl Into<String>) {
        let file = at.file().to_owned();
        let place = Where { file, path: at.path().to_owned(), place: at.place() };
        self.add(concern, message.into(), place);
    }

    /// A remark on a whole file.
    pub(super) fn of_file(&mut self, concern: Concern, file: &str, message: impl Into<String>) {
        let place = Where { file: file.to_owned(), ..Where::default() };
        self.add(concern, message.into(), place);
    }

    /// A remark on the export as a whole.
    pub(super) fn of_all(&mut self, concern: Concern, message: impl Into<String>) {
        self.add(concern, message.into(), Where::default());
    }

    fn add(&mut self, concern: Concern, message: String, place: Where) {
        let key = (concern, message);
        if let Some((_, times)) = self.said.get_mut(&key) {
            *times += 1;
            return;
        }
        self.order.push(key.clone());
        self.said.insert(key, (place, 1));
    }

    /// Contradictions first, then what is missing; within a kind as they came up.
    pub(super) fn finish(mut self) -> Vec<Note> {
        self.order.sort_by_key(|(concern, _)| *concern);
        let one = |(concern, message): (Concern, String)| {
            let (place, times) = &self.said[&(concern, message.clone())];
            let message = match times {
                1 => message,
                _ => format!("{message} ({times} times, first here)"),
            };
            let (file, path) = (place.file.clone(), place.path.clone());
            Note { concern, file, line: place.place.line, path, message }
        };
        self.order.iter().cloned().map(one).collect()
    }
}
