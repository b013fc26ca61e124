//! A setting: a path into a scenario, and the values it takes.

use crate::document::{DocumentError, Limits, Node, Value, excerpt, parse_yaml, to_json};

/// By these keys an element of a list is found by its name: `services[web]`.
const NAMING_KEYS: [&str; 5] = ["serviceName", "family", "id", "name", "key"];

/// A path into a scenario, and the values it takes.
#[derive(Clone, Debug)]
pub struct Setting {
    path: String,
    steps: Vec<Step>,
    values: Vec<Node>,
    shown: Vec<String>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `.key`, or `['any key']`: a value of a map.
    Key(String),
    /// `[0]`: an element of a list, or a value of a map whose key is that number.
    Index(usize),
    /// `[web]`: the element of a list that has this name, or a value of a map.
    Named(String),
}

impl Step {
    /// What the step is called in a map.
    fn key(&self) -> String {
        match self {
            Self::Key(key) | Self::Named(key) => key.clone(),
            Self::Index(index) => index.to_string(),
        }
    }
}

impl Setting {
    /// Reads `PATH=V1,V2`. The values are as in a scenario; one with a comma in it is quoted.
    ///
    /// # Errors
    ///
    /// If it has no path or no value, or is not written so.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let bad = |message: String| {
            DocumentError::new(message).with_remedy("Write it as services[web].desiredCount=2,4,8")
        };
        let Some((path, values)) = text.split_once('=') else {
            return Err(bad(format!("`{}` is no setting: it has no `=`", excerpt(text))));
        };
        let path = path.trim();
        let steps = steps(path)
            .ok_or_else(|| bad(format!("`{}` is no path into a scenario", excerpt(path))))?;
        if steps == [Step::Key("seed".to_owned())] {
            let error = DocumentError::new("seeds are no setting");
            return Err(error.with_remedy("Give them with --seeds"));
        }
        let list = parse_yaml(format!("[{values}]").as_bytes(), &Limits::default());
        let list = list.map_err(|error| bad(format!("`{path}`: {}", error.message)))?;
        let values = list.items().to_vec();
        if values.is_empty() {
            return Err(bad(format!("`{path}` is given no value")));
        }
        let shown = values.iter().map(shown).collect();
        Ok(Self { path: path.to_owned(), steps, values, shown })
    }

    /// The path, as it was given.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The values, in order.
    #[must_use]
    pub fn values(&self) -> &[Node] {
        &self.values
    }

    /// The text of a value, by its position.
    #[must_use]
    pub fn shown(&self, position: usize) -> &str {
        &self.shown[position]
    }

    /// The document with the value in its place.
    ///
    /// # Errors
    ///
    /// If the path leads nowhere.
    pub fn applied(&self, document: &Node, value: &Node) -> Result<Node, DocumentError> {
        let mut document = document.clone();
        let mut at = &mut document;
        for step in &self.steps {
            at = go(at, step)?;
        }
        at.value = value.value.clone();
        Ok(document)
    }

    /// Says of an error that this setting is its reason.
    ///
    /// # Errors
    ///
    /// The error, if there is one.
    pub(super) fn of<T>(&self, result: Result<T, DocumentError>) -> Result<T, DocumentError> {
        result.map_err(|error| DocumentError {
            message: format!("with the setting `{}`: {}", self.path, error.message),
            ..error
        })
    }
}

/// The text of a value: a string as it is, all else as JSON.
fn shown(value: &Node) -> String {
    value.as_str().map_or_else(|| to_json(value).to_string(), str::to_owned)
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("['") {
            let (key, after) = inside.split_once("']")?;
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (inside, after) = inside.split_once(']')?;
            let named = (!inside.is_empty()).then(|| Step::Named(inside.to_owned()))?;
            steps.push(inside.parse().map_or(named, Step::Index));
            rest = after;
        } else {
            let from = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = from.find(['.', '[']).unwrap_or(from.len());
            let (key, after) = from.split_at(end);
            steps.push((!key.is_empty()).then(|| Step::Key(key.to_owned()))?);
            rest = after;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// The place a step leads to. A key that a map has not yet is made: the scenario's reader says
/// whether it may be there.
fn go<'n>(at: &'n mut Node, step: &Step) -> Result<&'n mut Node, DocumentError> {
    let place = at.place;
    let has_keys = match step {
        Step::Key(_) => matches!(at.value, Value::Map(_) | Value::Null),
        Step::Index(_) | Step::Named(_) => matches!(at.value, Value::Map(_)),
    };
    if has_keys {
        return Ok(at.entry(&step.key()));
    }
    let found = match (step, &mut at.value) {
        (Step::Index(index), Value::List(items)) => {
            let many = items.len();
            items.get_mut(*index).ok_or_else(|| format!("a list of {many} has no [{index}]"))
        }
        (Step::Named(name), Value::List(items)) => named(items, name),
        (Step::Key(key), Value::List(_)) => Err(format!("a list has no `{}`", excerpt(key))),
        _ => Err(format!("what stands there has no `{}`", excerpt(&step.key()))),
    };
    found.map_err(|message| {
        DocumentError::new(message)
            .at("", place)
            .with_remedy("Follow the scenario: services[0].desiredCount, or services[web] by name")
    })
}

fn named<'n>(items: &'n mut [Node], name: &str) -> Result<&'n mut Node, String> {
    let is_called = |item: &Node| {
        NAMING_KEYS.iter().find_map(|key| item.get(key)).and_then(Node::as_str) == Some(name)
    };
    let known: Vec<String> = items
        .iter()
        .filter_map(|item| NAMING_KEYS.iter().find_map(|key| item.get(key)))
        .filter_map(Node::as_str)
        .map(excerpt)
        .collect();
    items.iter_mut().find(|item| is_called(item)).ok_or_else(|| {
        format!(
            "nothing in the list is called `{}`; there are: {}",
            excerpt(name),
            known.join(", ")
        )
    })
}
