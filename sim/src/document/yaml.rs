//! The YAML reader: events of a YAML 1.2 parser in, a tree out.
//!
//! The parser holds back all tokens of a `[...]` or `{...}` until it ends, because the whole could
//! be a key. A gauge between text and parser therefore ends the text when too much is held back.

use std::{cell::Cell, collections::BTreeMap, fmt::Write as _, rc::Rc, str::Chars};

use saphyr_parser::{BufferedInput, Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{
    Limits,
    builder::{Builder, Weight},
    error::{DocumentError, excerpt},
    node::{Node, Place, Value},
    number::Number,
    plain,
    source::{empty, saturated},
};

pub(super) fn read(text: &str, limits: &Limits) -> Result<Node, DocumentError> {
    refuse_control_characters(text)?;
    let held = Rc::new(Held::default());
    let gauge = Gauge { rest: text.chars(), held: Rc::clone(&held) };
    let mut parser = Parser::new(BufferedInput::new(gauge));
    let mut reader = Reader {
        builder: Builder::new(limits),
        anchors: BTreeMap::new(),
        open_anchors: Vec::new(),
        limits,
        documents: 0,
    };
    while let Some(result) = parser.next_event() {
        // The parser takes the end of what it was given for the end of the text.
        if held.is_over.get() {
            return Err(reader.over_held(&held));
        }
        let (event, span) = result.map_err(|error| reader.syntax_error(&error, text))?;
        held.release(&span);
        reader.take(event, span)?;
    }
    reader.builder.finish().ok_or_else(empty)
}

/// Characters since the parser's last event, and how many of them can begin a token.
#[derive(Default)]
struct Held {
    characters: Cell<usize>,
    indicators: Cell<usize>,
    is_over: Cell<bool>,
    /// Where the last event began.
    since: Cell<Place>,
}

/// Ten times the longest text of the default limits.
const HELD_CHARACTERS: usize = 10 << 20;
/// A token takes about 100 bytes, and there are at most two to an indicator.
const HELD_INDICATORS: usize = 250_000;

impl Held {
    fn release(&self, span: &Span) {
        self.since.set(place_of(&span.start));
        self.characters.set(0);
        self.indicators.set(0);
    }

    /// Counts a character; false if it is one too many.
    fn admit(&self, letter: char) -> bool {
        self.characters.set(self.characters.get() + 1);
        if letter.is_ascii_punctuation() && !matches!(letter, '_' | '.' | '/' | '=') {
            self.indicators.set(self.indicators.get() + 1);
        }
        let is_over =
            self.characters.get() > HELD_CHARACTERS || self.indicators.get() > HELD_INDICATORS;
        self.is_over.set(is_over);
        !is_over
    }
}

struct Gauge<'t> {
    rest: Chars<'t>,
    held: Rc<Held>,
}

impl Iterator for Gauge<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.held.is_over.get() {
            return None;
        }
        self.rest.next().filter(|letter| self.held.admit(*letter))
    }
}

struct Reader<'l> {
    builder: Builder<'l>,
    /// Values with an anchor, by the parser's number for it, with what a copy weighs.
    anchors: BTreeMap<usize, (Node, Weight)>,
    /// The parser's numbers for the lists and maps that are open; 0 for no anchor.
    open_anchors: Vec<usize>,
    limits: &'l Limits,
    documents: usize,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), DocumentError> {
        let place = place_of(&span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let error = DocumentError::new("a second document begins here");
                    let error = error.with_remedy("One file holds one document: remove the `---`");
                    return Err(error.at("", place));
                }
            }
            Event::SequenceStart(anchor, tag) => {
                self.expect_value(place)?;
                self.expect_tag(tag.as_deref(), &["seq"], place)?;
                self.builder.open_list(place)?;
                self.open_anchors.push(anchor);
            }
            Event::MappingStart(anchor, tag) => {
                self.expect_value(place)?;
                self.expect_tag(tag.as_deref(), &["map"], place)?;
                self.builder.open_map(place)?;
                self.open_anchors.push(anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = self.builder.close()?;
                let anchor = self.open_anchors.pop().expect("one for each list and map");
                self.remember(anchor, &node)?;
                self.builder.attach(node);
            }
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar { text: text.into_owned(), style, tag: tag.as_deref(), place };
                self.scalar(scalar, anchor, span.is_empty())?;
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), DocumentError> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            let error = self.error("the alias stands inside what it refers to", place);
            return Err(error.with_remedy("Write the value out"));
        };
        if !self.builder.awaits_key() {
            return self.builder.copy(node, *weight, place);
        }
        let Some(name) = node.as_str().map(str::to_owned) else {
            return Err(self.no_key(place));
        };
        self.builder.key(name, place, false)
    }

    fn scalar(
        &mut self,
        scalar: Scalar<'_>,
        anchor: usize,
        is_absent: bool,
    ) -> Result<(), DocumentError> {
        let place = scalar.place;
        if scalar.text.len() > self.limits.max_text_bytes {
            let message = format!("a text of more than {} bytes", self.limits.max_text_bytes);
            return Err(self.error(&message, place).with_remedy("Make the text shorter"));
        }
        if self.builder.awaits_key() {
            let is_plain = scalar.style == ScalarStyle::Plain && scalar.tag.is_none();
            if is_plain && scalar.text.is_empty() {
                return Err(self.no_key(place));
            }
            let is_merge = is_plain && scalar.text == "<<";
            let node = Node::new(Value::String(scalar.text.clone()), place);
            self.remember(anchor, &node)?;
            return self.builder.key(scalar.text, place, is_merge);
        }
        if self.builder.depth() == 0 && is_absent && scalar.text.is_empty() {
            return Err(empty());
        }
        let value = scalar.value().map_err(|error| error.at(self.builder.path(), place))?;
        let node = Node::new(value, place);
        self.remember(anchor, &node)?;
        self.builder.scalar(node.value, place)
    }

    /// Keeps a copy for the aliases. It counts like any other, so that anchors inside anchors
    /// cannot pile up.
    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), DocumentError> {
        if anchor > 0 {
            let weight = Weight::of(node);
            self.builder.charge(Weight { height: 0, ..weight }, node.place)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        Ok(())
    }

    fn expect_value(&self, place: Place) -> Result<(), DocumentError> {
        if self.builder.awaits_key() { Err(self.no_key(place)) } else { Ok(()) }
    }

    fn expect_tag(
        &self,
        tag: Option<&Tag>,
        allowed: &[&str],
        place: Place,
    ) -> Result<(), DocumentError> {
        let Some(tag) = tag else { return Ok(()) };
        if tag.is_yaml_core_schema() && allowed.contains(&tag.suffix.as_str()) {
            return Ok(());
        }
        Err(unknown_tag(tag).at(self.builder.path(), place))
    }

    fn no_key(&self, place: Place) -> DocumentError {
        let error = self.error("a key must be a text", place);
        error.with_remedy("Write `key: value`, with a space after the colon")
    }

    fn error(&self, message: &str, place: Place) -> DocumentError {
        DocumentError::new(message).at(self.builder.path(), place)
    }

    fn over_held(&self, held: &Held) -> DocumentError {
        let message = format!(
            "one `[...]`, `{{...}}` or text with more than {HELD_INDICATORS} punctuation marks or \
             {HELD_CHARACTERS} characters"
        );
        self.error(&message, held.since.get())
            .with_remedy("Write its elements as lines with `- `, or the document as JSON")
    }

    fn syntax_error(&self, error: &ScanError, text: &str) -> DocumentError {
        let place = place_of(error.marker());
        let mut message = message_for(error.info());
        if let Some((start, is_map)) =
            self.builder.innermost().filter(|_| is_unclosed(error.info()))
        {
            let what = if is_map { "map" } else { "list" };
            let _ = write!(message, " in the {what} that begins in line {}", start.line);
        }
        let document_error = self.error(&message, place);
        let line = text.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
        match remedy_for(error.info(), line) {
            Some(remedy) => document_error.with_remedy(remedy),
            None => document_error,
        }
    }
}

struct Scalar<'t> {
    text: String,
    style: ScalarStyle,
    tag: Option<&'t Tag>,
    place: Place,
}

impl Scalar<'_> {
    fn value(self) -> Result<Value, DocumentError> {
        let Some(tag) = self.tag else {
            return match self.style {
                ScalarStyle::Plain => plain::resolve(&self.text),
                _ => Ok(Value::String(self.text)),
            };
        };
        let is_core = tag.is_yaml_core_schema();
        let tagged = match tag.suffix.as_str() {
            // A lone `!` says: a text, whatever it looks like.
            "str" if is_core => return Ok(Value::String(self.text)),
            "" | "!" if !is_core => return Ok(Value::String(self.text)),
            "null" if is_core => plain::is_null(&self.text).then_some(Value::Null),
            "bool" if is_core => plain::boolean(&self.text).map(Value::Bool),
            "int" if is_core => {
                Number::parse(&self.text).filter(Number::is_integer).map(Value::Number)
            }
            "float" if is_core => Number::parse(&self.text).map(Value::Number),
            _ => return Err(unknown_tag(tag)),
        };
        tagged.ok_or_else(|| {
            let text = excerpt(&self.text);
            DocumentError::new(format!("\"{text}\" is not what its tag `!!{}` says", tag.suffix))
                .with_remedy("Remove the tag")
        })
    }
}

fn unknown_tag(tag: &Tag) -> DocumentError {
    let shown =
        if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
    DocumentError::new(format!("the tag `{}` does not fit here", excerpt(&shown)))
        .with_remedy("Remove the tag")
}

fn place_of(marker: &Marker) -> Place {
    Place::new(saturated(marker.line().max(1)), saturated(marker.col() + 1))
}

fn refuse_control_characters(text: &str) -> Result<(), DocumentError> {
    let is_bad = |letter: char| letter < ' ' && !matches!(letter, '\t' | '\n' | '\r');
    let Some(at) = text.find(is_bad) else { return Ok(()) };
    let before = text[..at].replace("\r\n", "\n").replace('\r', "\n");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let error = DocumentError::new(format!("a control character (0x{:02x})", text.as_bytes()[at]));
    let error =
        error.with_remedy("Remove it, or write it as an escape in double quotes: \"\\x1b\"");
    Err(error.at("", Place::new(saturated(line), saturated(column))))
}

/// The parser's words without those that describe its own doings.
fn message_for(info: &str) -> String {
    let plain = match info {
        "while parsing node, found unknown anchor" => "the alias refers to no anchor before it",
        "while scanning a quoted scalar, found unexpected end of stream" => {
            "a text in quotes does not end"
        }
        "unexpected eof" => "the text ends too early",
        "simple key expect ':'" | "simple key expected" => "expected `key: value`",
        "recursion limit exceeded" => "brackets nested too deeply",
        "illegal placement of ':' indicator" => "a `:` too many",
        "while parsing a flow mapping, did not find expected ',' or '}'" => "expected `,` or `}`",
        "while parsing a flow sequence, expected ',' or ']'" => "expected `,` or `]`",
        "invalid indentation in quoted scalar" => "a text in quotes does not end in its line",
        "mapping values are not allowed in this context" => "a second `: ` in one value",
        _ => info
            .split_once(", ")
            .map_or(info, |(doing, found)| if doing.starts_with("while ") { found } else { info }),
    };
    plain.replace("scalar", "text").replace("flow construct", "brackets")
}

/// Whether the reason may be a bracket that is not closed.
fn is_unclosed(info: &str) -> bool {
    info.contains("',' or") || info.contains("illegal placement")
}

fn remedy_for(info: &str, line: &str) -> Option<&'static str> {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let remedy = match info {
        _ if info.contains("tab") || indentation.contains('\t') => "Indent with spaces, not tabs",
        _ if info.contains("recursion") => "Flatten it: no document of this format is this deep",
        _ if info.contains("indentation in quoted") => {
            "Add the closing quote, or indent the lines that belong to the text"
        }
        _ if info.contains("unknown anchor") => "Write the anchor, such as `&web`, before `*web`",
        _ if info.contains("quoted") && info.contains("end of stream") => "Add the closing quote",
        _ if info.contains("mapping values are not allowed") => {
            "Write the value in quotes, or begin a new line for the next key"
        }
        _ if info.contains("escape") => "Write \\\\ for a backslash, or use single quotes",
        _ if info.contains("simple key") || info.contains("expected key") => {
            "Write `key: value`, each key indented as its neighbours"
        }
        _ if info.contains("indent") => "Indent it as its neighbours",
        _ if is_unclosed(info) => "Separate elements by commas and close every bracket",
        _ if info.contains("unexpected character") => "Write the text in quotes",
        _ if info.contains("eof") => "The file seems to be cut off",
        _ if info.contains("trailing content") => "Nothing may follow the closing quote",
        _ if info.contains("bracket") => "Close every bracket with the one that fits",
        _ => return None,
    };
    Some(remedy)
}
