//! Reading tokens. What a token may contain depends on where it stands (a literal in a list ends
//! at a comma, a regular expression may contain anything), so the parser asks for what it wants.

use super::error::ExpressionError;

/// A place in the text of an expression.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

/// A piece of the text and the byte at which it starts.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) at: usize,
    pub(super) text: &'t str,
}

/// Where a literal stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    List,
    Elsewhere,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next word of letters and underscores, an exclamation mark before it included.
    fn peek_word(&mut self) -> &'t str {
        self.skip_space();
        let rest = self.rest();
        let mark = usize::from(rest.starts_with('!'));
        let word = prefix(&rest[mark..], |c| c.is_ascii_alphabetic() || c == '_');
        &rest[..mark + word.len()]
    }

    /// Takes `symbol` when it comes next.
    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    /// Takes `keyword`, in any letter case, when it is the next word.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let word = self.peek_word();
        let found = word.eq_ignore_ascii_case(keyword);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes the characters that `belongs` admits, directly from here; maybe none.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> Token<'t> {
        let token = Token { at: self.at, text: prefix(self.rest(), belongs) };
        self.at += token.text.len();
        token
    }

    pub(super) fn take_literal(&mut self, place: Place) -> Result<Token<'t>, ExpressionError> {
        self.skip_space();
        if let Some(quoted) = self.take_quoted()? {
            return Ok(quoted);
        }
        let start = self.at;
        let rest = self.rest();
        let ends = |(offset, c): (usize, char)| {
            c.is_whitespace()
                || matches!(c, '(' | ')' | '\'' | '"')
                || match place {
                    Place::List => matches!(c, ',' | '[' | ']'),
                    Place::Elsewhere => is_junction(&rest[offset..]),
                }
        };
        let length = rest.char_indices().find(|at| ends(*at)).map_or(rest.len(), |(end, _)| end);
        if length == 0 {
            return Err(self.fault("a value (quoted if it is empty or contains spaces)"));
        }
        self.at += length;
        Ok(Token { at: start, text: &rest[..length] })
    }

    pub(super) fn take_regex(&mut self) -> Result<Token<'t>, ExpressionError> {
        self.skip_space();
        if let Some(quoted) = self.take_quoted()? {
            return Ok(quoted);
        }
        let start = self.at;
        let text = &self.rest()[..self.bare_regex_length()?];
        if text.is_empty() {
            return Err(self.fault("a regular expression"));
        }
        self.at += text.len();
        Ok(Token { at: start, text })
    }

    /// A refusal of what comes next.
    pub(super) fn fault(&mut self, expected: impl Into<String>) -> ExpressionError {
        self.skip_space();
        self.fault_at(self.at, expected)
    }

    /// A refusal of what stands at the byte `at`.
    pub(super) fn fault_at(&self, at: usize, expected: impl Into<String>) -> ExpressionError {
        ExpressionError::new(self.text, at, expected)
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// The byte at which the next token starts.
    pub(super) fn position(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take_quoted(&mut self) -> Result<Option<Token<'t>>, ExpressionError> {
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            return Ok(None);
        };
        let Some(length) = rest[1..].find(quote) else {
            return Err(self.fault_at(self.text.len(), format!("a closing {quote}")));
        };
        let token = Token { at: self.at + 1, text: &rest[1..=length] };
        self.at += length + 2;
        Ok(Some(token))
    }

    /// A bare regular expression ends at a space, at a parenthesis it did not open, or at `&&`
    /// and `||` outside of its own brackets. Escaped brackets do not count.
    fn bare_regex_length(&self) -> Result<usize, ExpressionError> {
        let rest = self.rest();
        let (mut groups, mut classes, mut escaped) = (0_usize, 0_usize, false);
        let mut end = rest.len();
        for (offset, c) in rest.char_indices() {
            let nested = groups > 0 || classes > 0;
            if c.is_whitespace() || (!escaped && !nested && is_junction(&rest[offset..])) {
                end = offset;
                break;
            }
            match c {
                _ if escaped => {
                    escaped = false;
                    continue;
                }
                '\\' => escaped = true,
                '[' => classes += 1,
                ']' => classes = classes.saturating_sub(1),
                '(' if classes == 0 => groups += 1,
                ')' if classes == 0 => match groups.checked_sub(1) {
                    Some(fewer) => groups = fewer,
                    None => {
                        end = offset;
                        break;
                    }
                },
                _ => {}
            }
        }
        if groups > 0 {
            return Err(self.fault_at(
                self.at + end,
                "a closing ) of the regular expression (quote one that contains spaces)",
            ));
        }
        Ok(end)
    }
}

fn is_junction(text: &str) -> bool {
    text.starts_with("&&") || text.starts_with("||")
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !belongs(c)).unwrap_or(text.len())]
}
