//! Where in a document's tree something is: `services[1].capacityProviderStrategy[0].weight`.

use std::fmt;

use super::error::excerpt;

/// A path that grows along the stack while a tree is walked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trail<'a> {
    /// What is already walked, as text; empty at the root of a document.
    Base(&'a str),
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base(text) => f.write_str(text),
            Self::Key(parent, name) => {
                parent.fmt(f)?;
                write_key(f, matches!(parent, Trail::Base("")), name)
            }
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The path of a key of what stands at `path`.
#[must_use]
pub fn key_path(path: &str, name: &str) -> String {
    Trail::Key(&Trail::Base(path), name).to_string()
}

/// The path of an element of the list that stands at `path`.
#[must_use]
pub fn index_path(path: &str, index: usize) -> String {
    Trail::Index(&Trail::Base(path), index).to_string()
}

fn write_key(f: &mut fmt::Formatter<'_>, is_first: bool, name: &str) -> fmt::Result {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain) {
        return if is_first { f.write_str(name) } else { write!(f, ".{name}") };
    }
    write!(f, "['{}']", excerpt(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_in_the_documentation() {
        let root = Trail::Base("");
        let services = Trail::Key(&root, "services");
        let second = Trail::Index(&services, 1);
        assert_eq!(Trail::Key(&second, "weight").to_string(), "services[1].weight");
    }

    #[test]
    fn a_name_that_is_no_word_is_quoted() {
        assert_eq!(key_path("behavior", "web:2"), "behavior['web:2']");
        assert_eq!(key_path("", "a b"), "['a b']");
        assert_eq!(key_path("x", "a\nb"), "x['a\\nb']");
    }
}
