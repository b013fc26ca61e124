//! Regular expressions of `=~` and `!~`: compiled once, matched against whole values.

use regex_automata::Input;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, NFA, WhichCaptures};
use regex_syntax::ParserBuilder;
use regex_syntax::ast::ErrorKind;
use regex_syntax::hir::{Hir, Look};

/// Bytes a compiled pattern may take. 2000 characters can ask for far more.
const SIZE_LIMIT: usize = 256 << 10;

/// A compiled regular expression. Matching takes time linear in the length of the value.
///
/// As in Java, `\d`, `\w`, `\s` and `(?i)` mean ASCII. `.` is one byte, which differs from one
/// character in no attribute value, those being ASCII (01 section 6). The machine is the plain one
/// behind `regex`: values are short, each is looked at once, and the page has less to fetch.
#[derive(Debug)]
pub(super) struct Pattern(PikeVM);

/// Why a text is no pattern, and at which of its bytes.
pub(super) struct PatternFault {
    pub(super) at: usize,
    pub(super) expected: String,
}

impl Pattern {
    pub(super) fn compile(text: &str) -> Result<Self, PatternFault> {
        let parsed = ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(text)
            .map_err(|error| fault(text, &error))?;
        // Bound by syntax tree, not by text: a pattern that ends in a `(?x)` comment would
        // swallow the end mark.
        let whole = Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)]);
        let config = NFA::config()
            .utf8(false)
            .nfa_size_limit(Some(SIZE_LIMIT))
            .which_captures(WhichCaptures::None);
        let machine = Compiler::new().configure(config).build_from_hir(&whole);
        machine
            .and_then(PikeVM::new_from_nfa)
            .map(Self)
            .map_err(|_| PatternFault { at: 0, expected: "a smaller regular expression".into() })
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        self.0.is_match(&mut self.0.create_cache(), Input::new(value.as_bytes()).earliest(true))
    }
}

fn fault(text: &str, error: &regex_syntax::Error) -> PatternFault {
    let (at, why) = match error {
        regex_syntax::Error::Parse(error) => {
            let at = error.span().start.offset;
            match error.kind() {
                ErrorKind::UnsupportedLookAround => return without(at, "look-around"),
                ErrorKind::UnsupportedBackreference => return without(at, "back-references"),
                ErrorKind::EscapeUnrecognized if text[at..].starts_with(r"\k") => {
                    return without(at, "back-references");
                }
                kind => (at, kind.to_string()),
            }
        }
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string())
        }
        _ => (0, "it cannot be read".to_owned()),
    };
    PatternFault { at, expected: format!("a valid regular expression ({why})") }
}

fn without(at: usize, construct: &str) -> PatternFault {
    let expected = format!("a regular expression without {construct}, which is not supported");
    PatternFault { at, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let compiled = Pattern::compile(pattern).map_err(|fault| fault.expected).expect(pattern);
        for value in matching {
            assert!(compiled.matches(value), "{pattern} should match {value:?}");
        }
        for value in others {
            assert!(!compiled.matches(value), "{pattern} should not match {value:?}");
        }
    }

    #[track_caller]
    fn refused(pattern: &str) -> (usize, String) {
        let fault = Pattern::compile(pattern).expect_err("no pattern");
        (fault.at, fault.expected)
    }

    #[test]
    fn a_pattern_matches_whole_values_only() {
        check("t3", &["t3"], &["t3.large", "xt3", "", "t3\n"]);
        check("a|ab", &["a", "ab"], &["abc", "b"]);
        check("t3.*", &["t3.large", "t3"], &["at3"]);
        check("", &[""], &["a"]);
        check(r"[\w-]+:\d+\s?", &["a-1:7", "a:07 "], &["a:é", "ä:1"]);
        check("größe|[^ab]+|x.y", &["größe", "ü", "xzy"], &["abü", ""]);
        check("^t3$", &["t3"], &["t3x"]);
    }

    #[test]
    fn flags_and_comments_do_not_swallow_the_end() {
        check("(?x) prod # the stage", &["prod"], &["prod2", "aprod"]);
        check("(?i)prod", &["PROD", "Prod"], &["prods"]);
        check("(?m)a$", &["a"], &["a\nb"]);
    }

    #[test]
    fn unsupported_constructs_are_named() {
        for pattern in ["(?!prod).*", "(?=a)", "x(?<=a)", "x(?<!a)"] {
            let (at, expected) = refused(pattern);
            assert!(expected.contains("look-around"), "{expected}");
            assert_eq!(at, pattern.find('(').expect("a group"));
        }
        for pattern in [r"(a)\1", r"(?<n>a)\k<n>"] {
            let (at, expected) = refused(pattern);
            assert!(expected.contains("back-references"), "{expected}");
            assert_eq!(at, pattern.find('\\').expect("an escape"));
        }
    }

    #[test]
    fn patterns_that_are_too_big_are_refused() {
        check(r"\w{1,128}", &["some_name"], &["", "a b"]);
        for pattern in ["(a{1000}){1000}", "((a{1000}){1000}){1000}", r"\w{100000}"] {
            assert_eq!(refused(pattern), (0, "a smaller regular expression".to_owned()));
        }
        let (_, expected) = refused(&"(".repeat(1000));
        assert!(expected.starts_with("a valid regular expression"), "{expected}");
        let deep = format!("{}a{}", "(".repeat(600), ")".repeat(600));
        assert!(refused(&deep).1.starts_with("a valid regular expression"));
    }
}
