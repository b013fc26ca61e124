//! `${CEL}` in the strings of a timeline entry (scenario format, "Timeline").

use std::fmt;

use serde_json::Value;

use super::compile::Program;
use super::names::Sight;

/// The strings of an input that hold `${…}`, compiled.
#[derive(Debug)]
pub struct Interpolation {
    input: Template,
}

/// Why an input could not be made: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterpolationError {
    /// Path of the string in the input: `.overrides.containerOverrides[0].name`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for InterpolationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.trim_start_matches('.'), self.message)
    }
}

impl std::error::Error for InterpolationError {}

/// A value with holes.
#[derive(Debug)]
enum Template {
    Value(Value),
    Text(Vec<Piece>),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// A piece of a string.
#[derive(Debug)]
enum Piece {
    Text(String),
    Hole(Box<Program>),
}

impl Interpolation {
    /// Compiles the strings of an input; `None` when there is nothing to fill in.
    pub fn compile(input: &Value) -> Result<Option<Self>, InterpolationError> {
        let input = template(input, &mut String::new())?;
        Ok(if matches!(input, Template::Value(_)) { None } else { Some(Self { input }) })
    }

    /// Compiles the expressions of a string; `None` when there is nothing to fill in.
    pub fn compile_text(text: &str) -> Result<Option<Self>, InterpolationError> {
        Self::compile(&Value::String(text.to_owned()))
    }

    /// The input as it is now. A string that is one expression takes the value as it is; in a
    /// longer one the value becomes part of the text.
    pub fn fill(&self, sight: &Sight<'_>) -> Result<Value, InterpolationError> {
        fill(&self.input, sight, &mut String::new())
    }
}

fn template(value: &Value, path: &mut String) -> Result<Template, InterpolationError> {
    let length = path.len();
    let made = match value {
        Value::String(text) => text_template(text, path)?,
        Value::Array(items) => {
            let mut made = Vec::with_capacity(items.len());
            for (position, item) in items.iter().enumerate() {
                path.push_str(&format!("[{position}]"));
                made.push(template(item, path)?);
                path.truncate(length);
            }
            Template::List(made)
        }
        Value::Object(fields) => {
            let mut made = Vec::with_capacity(fields.len());
            for (name, field) in fields {
                path.push_str(&format!(".{name}"));
                made.push((name.clone(), template(field, path)?));
                path.truncate(length);
            }
            Template::Object(made)
        }
        _ => Template::Value(value.clone()),
    };
    let is_plain = match &made {
        Template::List(items) => items.iter().all(|item| matches!(item, Template::Value(_))),
        Template::Object(fields) => fields.iter().all(|(_, f)| matches!(f, Template::Value(_))),
        Template::Value(_) | Template::Text(_) => false,
    };
    Ok(if is_plain { Template::Value(plain(made)) } else { made })
}

/// A template without holes as the value it is.
fn plain(template: Template) -> Value {
    match template {
        Template::Value(value) => value,
        Template::List(items) => items.into_iter().map(plain).collect(),
        Template::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, plain(field))).collect())
        }
        Template::Text(_) => unreachable!("it has no holes"),
    }
}

fn text_template(text: &str, path: &str) -> Result<Template, InterpolationError> {
    let error = |message: String| InterpolationError { path: path.to_owned(), message };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let before = &rest[..start];
        let inside = &rest[start + 2..];
        if let Some(before) = before.strip_suffix('$') {
            plain.push_str(before);
            plain.push_str("${");
            rest = inside;
            continue;
        }
        plain.push_str(before);
        let end = end_of_hole(inside)
            .ok_or_else(|| error("'${' is not closed by '}'; a plain '${' is '$${'".to_owned()))?;
        let program = Program::compile(&inside[..end]).map_err(|e| error(e.to_string()))?;
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Hole(Box::new(program)));
        rest = &inside[end + 1..];
    }
    plain.push_str(rest);
    if pieces.is_empty() {
        return Ok(Template::Value(plain.into()));
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(Template::Text(pieces))
}

/// Position of the brace that closes a hole: braces and quotes of the expression are its own.
fn end_of_hole(text: &str) -> Option<usize> {
    let (mut open, mut quote, mut escaped) = (0_usize, None, false);
    for (position, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), _) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '{') => open += 1,
            (None, '}') if open == 0 => return Some(position),
            (None, '}') => open -= 1,
            (None, _) => {}
        }
    }
    None
}

fn fill(
    template: &Template,
    sight: &Sight<'_>,
    path: &mut String,
) -> Result<Value, InterpolationError> {
    let length = path.len();
    match template {
        Template::Value(value) => Ok(value.clone()),
        Template::Text(pieces) => fill_text(pieces, sight)
            .map_err(|message| InterpolationError { path: path.clone(), message }),
        Template::List(items) => {
            let mut made = Vec::with_capacity(items.len());
            for (position, item) in items.iter().enumerate() {
                path.push_str(&format!("[{position}]"));
                made.push(fill(item, sight, path)?);
                path.truncate(length);
            }
            Ok(Value::Array(made))
        }
        Template::Object(fields) => {
            let mut made = serde_json::Map::new();
            for (name, field) in fields {
                path.push_str(&format!(".{name}"));
                made.insert(name.clone(), fill(field, sight, path)?);
                path.truncate(length);
            }
            Ok(Value::Object(made))
        }
    }
}

fn fill_text(pieces: &[Piece], sight: &Sight<'_>) -> Result<Value, String> {
    if let [Piece::Hole(program)] = pieces {
        return program.value(sight).map_err(|error| error.to_string());
    }
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Hole(program) => {
                let value = program.value(sight).map_err(|error| error.to_string())?;
                text.push_str(&as_text(&value)?);
            }
        }
    }
    Ok(text.into())
}

/// A value as part of a text.
fn as_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(match number.as_f64() {
            // A whole number of seconds is written as one.
            Some(double) if number.is_f64() => double.to_string(),
            _ => number.to_string(),
        }),
        Value::Null => Err("the expression yields null, which cannot be part of a text".to_owned()),
        Value::Array(_) | Value::Object(_) => {
            Err("the expression yields a list or an object, which cannot be part of a text"
                .to_owned())
        }
    }
}
