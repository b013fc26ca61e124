//! The JSON reader: RFC 8259 to the letter, with places, without recursion.

use super::{
    Limits,
    builder::Builder,
    error::{DocumentError, excerpt},
    node::{Node, Place, Value},
    number::Number,
};

pub(super) fn read(text: &str, limits: &Limits) -> Result<Node, DocumentError> {
    let reader = Reader { text, at: 0, place: Place::new(1, 1), limits };
    let (mut reader, mut builder) = (reader, Builder::new(limits));
    let mut expected = Expected::Value;
    while expected != Expected::Nothing {
        reader.skip_blanks();
        expected = reader.step(expected, &mut builder)?;
    }
    reader.skip_blanks();
    if reader.at < text.len() {
        let error = reader.unexpected("the end of the document", &builder);
        return Err(error.with_remedy("One file holds one document: remove what follows it"));
    }
    Ok(builder.finish().expect("the loop ends when the value is read"))
}

/// Longer than any number that a double or a decimal can hold.
const LONGEST_WORD: usize = 2000;

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
    Nothing,
}

struct Reader<'t> {
    text: &'t str,
    /// In bytes.
    at: usize,
    place: Place,
    limits: &'t Limits,
}

impl Reader<'_> {
    /// Reads one token and what belongs to it; says what may come then.
    fn step(
        &mut self,
        expected: Expected,
        builder: &mut Builder<'_>,
    ) -> Result<Expected, DocumentError> {
        let in_map = builder.innermost().is_some_and(|(_, is_map)| is_map);
        match (expected, self.peek()) {
            (Expected::ValueOrEnd, Some(b']')) | (Expected::KeyOrEnd, Some(b'}')) => {
                self.end(builder)
            }
            (Expected::CommaOrEnd, Some(b']')) if !in_map => self.end(builder),
            (Expected::CommaOrEnd, Some(b'}')) if in_map => self.end(builder),
            (Expected::CommaOrEnd, Some(b',')) => {
                self.advance();
                Ok(if in_map { Expected::Key } else { Expected::Value })
            }
            (Expected::Key | Expected::KeyOrEnd, Some(b'"')) => self.key(builder),
            (Expected::Value | Expected::ValueOrEnd, Some(_)) => self.value(builder),
            (Expected::Key, _) => Err(self.unexpected("a key in double quotes", builder)),
            (Expected::KeyOrEnd, _) => {
                Err(self.unexpected("a key in double quotes or `}`", builder))
            }
            (Expected::CommaOrEnd, _) if in_map => Err(self.unexpected("`,` or `}`", builder)),
            (Expected::CommaOrEnd, _) => {
                let error = self.unexpected("`,` or `]`", builder);
                Err(error.at(builder.path_of_open(), self.place))
            }
            (Expected::Value | Expected::ValueOrEnd, None) => {
                Err(self.unexpected("a value", builder))
            }
            (Expected::Nothing, _) => unreachable!("the loop ends on it"),
        }
    }

    fn value(&mut self, builder: &mut Builder<'_>) -> Result<Expected, DocumentError> {
        let place = self.place;
        match self.peek() {
            Some(b'{') => {
                builder.open_map(place)?;
                self.advance();
                return Ok(Expected::KeyOrEnd);
            }
            Some(b'[') => {
                builder.open_list(place)?;
                self.advance();
                return Ok(Expected::ValueOrEnd);
            }
            Some(b'"') => {
                let text = self.string(builder)?;
                builder.scalar(Value::String(text), place)?;
            }
            _ => {
                let value = self.word(builder)?;
                builder.scalar(value, place)?;
            }
        }
        Ok(after_value(builder))
    }

    fn key(&mut self, builder: &mut Builder<'_>) -> Result<Expected, DocumentError> {
        let place = self.place;
        let name = self.string(builder)?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            let expected = format!("`:` after the key \"{}\"", excerpt(&name));
            return Err(self.unexpected(&expected, builder));
        }
        self.advance();
        builder.key(name, place, false)?;
        Ok(Expected::Value)
    }

    fn end(&mut self, builder: &mut Builder<'_>) -> Result<Expected, DocumentError> {
        self.advance();
        let node = builder.close()?;
        builder.attach(node);
        Ok(after_value(builder))
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self, builder: &Builder<'_>) -> Result<Value, DocumentError> {
        let rest = &self.text[self.at..];
        let is_part =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '+' | '-' | '.' | '_');
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let word = &rest[..length];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ if word.len() <= LONGEST_WORD && is_json_number(word) => {
                let too_large = || {
                    self.error("the number is too large", builder)
                        .with_remedy("Write a smaller number, or a text in double quotes")
                };
                Value::Number(Number::parse(word).ok_or_else(too_large)?)
            }
            _ if word.len() > LONGEST_WORD => {
                let error = self.error("neither a number nor true, false or null", builder);
                return Err(error.with_remedy("Write texts in double quotes, numbers shorter"));
            }
            _ => return Err(self.unexpected("a value", builder)),
        };
        self.advance_by(length);
        Ok(value)
    }

    fn string(&mut self, builder: &Builder<'_>) -> Result<String, DocumentError> {
        let start = self.place;
        self.advance();
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(|letter| matches!(letter, '"' | '\\' | '\0'..='\x1f'))
            else {
                let error = DocumentError::new("a text in quotes does not end");
                let error = error.with_remedy("Add the closing `\"`");
                return Err(error.at(builder.path(), start));
            };
            if text.len() + length > self.limits.max_text_bytes {
                let message = format!("a text of more than {} bytes", self.limits.max_text_bytes);
                let error = DocumentError::new(message).with_remedy("Make the text shorter");
                return Err(error.at(builder.path(), start));
            }
            text.push_str(&rest[..length]);
            self.advance_by(length);
            match self.peek() {
                Some(b'"') => {
                    self.advance();
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape(builder)?),
                Some(b'\n' | b'\r') => {
                    let error = self.error("a text in quotes does not end in its line", builder);
                    return Err(
                        error.with_remedy("Add the closing `\"`, or write \\n for a line break")
                    );
                }
                _ => {
                    let error = self.error("a control character in a text", builder);
                    return Err(
                        error.with_remedy("Write it as an escape: \\t or \\u0009 for a tab")
                    );
                }
            }
        }
    }

    /// One escape sequence, from its backslash on.
    fn escape(&mut self, builder: &Builder<'_>) -> Result<char, DocumentError> {
        let letter = self.text.as_bytes().get(self.at + 1);
        let simple = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(builder),
            _ => {
                let error = self.error("an unknown escape in a text", builder);
                return Err(error.with_remedy("Write \\\\ for a backslash"));
            }
        };
        self.advance_by(2);
        Ok(simple)
    }

    fn unicode_escape(&mut self, builder: &Builder<'_>) -> Result<char, DocumentError> {
        let first = self.hex_unit(0);
        let (code, length) = match first {
            Some(high @ 0xd800..0xdc00) => match self.hex_unit(6) {
                Some(low @ 0xdc00..0xe000) => {
                    (Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12)
                }
                _ => (None, 6),
            },
            code => (code, 6),
        };
        let Some(letter) = code.and_then(char::from_u32) else {
            let error = self.error("an escape that is no character", builder);
            return Err(error.with_remedy("Write \\u and four hexadecimal digits"));
        };
        self.advance_by(length);
        Ok(letter)
    }

    /// The number in a `\uXXXX` that begins `ahead` bytes further on.
    fn hex_unit(&self, ahead: usize) -> Option<u32> {
        let unit = self.text.as_bytes().get(self.at + ahead..self.at + ahead + 6)?;
        let digits = unit.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            let is_pair = byte == b'\r' && self.text[self.at..].starts_with("\r\n");
            self.advance();
            if matches!(byte, b'\n' | b'\r') && !is_pair {
                self.place = Place::new(self.place.line + 1, 1);
            }
        }
    }

    /// Passes one character of the ASCII kind.
    fn advance(&mut self) {
        self.advance_by(1);
    }

    /// Passes bytes of one line.
    fn advance_by(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.at..self.at + bytes];
        let characters = passed.iter().filter(|byte| *byte & 0xc0 != 0x80).count();
        self.place.column =
            self.place.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.at += bytes;
    }

    fn error(&self, message: &str, builder: &Builder<'_>) -> DocumentError {
        DocumentError::new(message).at(builder.path(), self.place)
    }

    fn unexpected(&self, expected: &str, builder: &Builder<'_>) -> DocumentError {
        let Some(found) = self.text[self.at..].chars().next() else {
            return self.cut_off(builder);
        };
        let message = format!("expected {expected}, found `{}`", excerpt(&found.to_string()));
        let error = self.error(&message, builder);
        match found {
            '/' | '#' => error.with_remedy("JSON has no comments: remove it"),
            '\'' => error.with_remedy("Write texts in double quotes"),
            '}' | ']' if expected.starts_with("a ") => {
                error.with_remedy("Remove the comma before it, or close with the bracket that fits")
            }
            '}' | ']' => error.with_remedy("Close with the bracket that fits"),
            'T' | 'F' | 'N' if expected == "a value" => {
                error.with_remedy("Write true, false or null in small letters; NaN does not exist")
            }
            '"' if expected.starts_with("`,`") => error.with_remedy("Add the missing comma"),
            letter if letter.is_alphabetic() => error.with_remedy(
                "Write texts and keys in double quotes; a file that begins with { or [ is JSON",
            ),
            '+' | '.' | '0'..='9' => error.with_remedy("Write numbers as 12, -3 or 0.5"),
            _ => error,
        }
    }

    fn cut_off(&self, builder: &Builder<'_>) -> DocumentError {
        let Some((place, is_map)) = builder.innermost() else {
            return self.error("the text ends too early", builder);
        };
        let (what, bracket) = if is_map { ("map", '}') } else { ("list", ']') };
        let message = format!("the text ends inside the {what} that begins in line {}", place.line);
        let remedy = format!("The file seems to be cut off; add the closing `{bracket}`");
        DocumentError::new(message).with_remedy(remedy).at(builder.path_of_open(), self.place)
    }
}

fn after_value(builder: &Builder<'_>) -> Expected {
    if builder.depth() == 0 { Expected::Nothing } else { Expected::CommaOrEnd }
}

/// JSON allows less than YAML: no plus, no leading zero, no bare point.
fn is_json_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let end = unsigned.find(['.', 'e', 'E']).unwrap_or(unsigned.len());
    let (whole, rest) = unsigned.split_at(end);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (fraction, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let exponent_holds = exponent.is_empty() || {
        let exponent = &exponent[1..];
        digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.strip_prefix('.').map_or(fraction.is_empty(), digits)
        && exponent_holds
}
