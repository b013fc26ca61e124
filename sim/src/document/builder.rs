//! Puts a tree together from what a reader meets in a text, within limits.
//!
//! Nothing here recurses while a text is read, and all that the text can make grow (depth, nodes,
//! bytes of text) is bounded before it grows.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    Limits,
    error::DocumentError,
    node::{Entry, Key, Node, Place, Value},
    path::{index_path, key_path},
};

/// A tree in the making.
pub(super) struct Builder<'l> {
    limits: &'l Limits,
    /// The lists and maps that are open, outermost first.
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    text_bytes: usize,
}

struct Open {
    container: Container,
    place: Place,
}

enum Container {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        pending: Option<Key>,
        /// The position of the entry that is YAML's merge key (`<<`).
        merge: Option<usize>,
        pending_is_merge: bool,
    },
}

/// How much of the limits a tree takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    pub(super) nodes: usize,
    pub(super) text_bytes: usize,
    /// Lists and maps inside each other.
    pub(super) height: usize,
}

impl<'l> Builder<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self { limits, open: Vec::new(), root: None, nodes: 0, text_bytes: 0 }
    }

    /// The finished tree; `None` if the text had no value.
    pub(super) fn finish(self) -> Option<Node> {
        assert!(self.open.is_empty(), "a reader closes what it opens");
        self.root
    }

    pub(super) fn open_list(&mut self, place: Place) -> Result<(), DocumentError> {
        self.push(Container::List(Vec::new()), place)
    }

    pub(super) fn open_map(&mut self, place: Place) -> Result<(), DocumentError> {
        let entries = Vec::new();
        let container =
            Container::Map { entries, pending: None, merge: None, pending_is_merge: false };
        self.push(container, place)
    }

    fn push(&mut self, container: Container, place: Place) -> Result<(), DocumentError> {
        self.charge(Weight { nodes: 1, text_bytes: 0, height: 1 }, place)?;
        self.open.push(Open { container, place });
        Ok(())
    }

    /// The key of the entry whose value comes next.
    pub(super) fn key(
        &mut self,
        name: String,
        place: Place,
        is_merge: bool,
    ) -> Result<(), DocumentError> {
        self.charge(Weight { nodes: 0, text_bytes: name.len(), height: 0 }, place)?;
        let Some(Open { container: Container::Map { pending, pending_is_merge, .. }, .. }) =
            self.open.last_mut()
        else {
            unreachable!("a key comes in a map only")
        };
        *pending = Some(Key { name, place });
        *pending_is_merge = is_merge;
        Ok(())
    }

    /// A value without parts.
    pub(super) fn scalar(&mut self, value: Value, place: Place) -> Result<(), DocumentError> {
        let text_bytes = match &value {
            Value::String(text) => text.len(),
            Value::Number(number) => number.literal().len(),
            _ => 0,
        };
        self.charge(Weight { nodes: 1, text_bytes, height: 0 }, place)?;
        self.attach(Node { value, place });
        Ok(())
    }

    /// A copy of an earlier value, whose weight is known.
    #[cfg(feature = "yaml")]
    pub(super) fn copy(
        &mut self,
        node: &Node,
        weight: Weight,
        place: Place,
    ) -> Result<(), DocumentError> {
        self.charge(weight, place)?;
        self.attach(node.clone());
        Ok(())
    }

    /// Ends the innermost list or map. The caller passes the node on to [`Self::attach`].
    pub(super) fn close(&mut self) -> Result<Node, DocumentError> {
        let Open { container, place } =
            self.open.pop().expect("a reader closes only what it opened");
        let value = match container {
            // A vector begins with room for four: too much for many small lists and maps.
            Container::List(mut items) => {
                items.shrink_to_fit();
                Value::List(items)
            }
            Container::Map { mut entries, merge, .. } => {
                entries.shrink_to_fit();
                let at = |misplaced: Misplaced| {
                    let path = key_path(&self.path(), &misplaced.key);
                    misplaced.error.at(path, misplaced.place)
                };
                refuse_duplicates(&entries).map_err(at)?;
                Value::Map(merged(entries, merge).map_err(at)?)
            }
        };
        Ok(Node { value, place })
    }

    /// Puts a value, already charged for, where it belongs.
    pub(super) fn attach(&mut self, node: Node) {
        let Some(Open { container, .. }) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match container {
            Container::List(items) => items.push(node),
            Container::Map { entries, pending, merge, pending_is_merge } => {
                if std::mem::take(pending_is_merge) {
                    *merge = Some(entries.len());
                }
                let key = pending.take().expect("a reader gives each value of a map its key");
                entries.push(Entry { key, value: node });
            }
        }
    }

    /// Takes from the limits, before anything is made.
    pub(super) fn charge(&mut self, weight: Weight, place: Place) -> Result<(), DocumentError> {
        let limits = self.limits;
        let refuse = |message: String, remedy: &str| {
            Err(DocumentError::new(message).with_remedy(remedy).at(self.path(), place))
        };
        if weight.height > 0 && self.open.len() + weight.height > limits.max_depth {
            let message = format!("nested deeper than {} levels", limits.max_depth);
            return refuse(message, "Flatten it: no document of this format is this deep");
        }
        if weight.nodes > limits.max_nodes - self.nodes {
            let message = format!("more than {} values, aliases included", limits.max_nodes);
            return refuse(message, "Make the document smaller, or use fewer aliases");
        }
        if weight.text_bytes > limits.max_bytes - self.text_bytes {
            let message = format!("more than {} bytes of text, aliases included", limits.max_bytes);
            return refuse(message, "Make the document smaller, or use fewer aliases");
        }
        self.nodes += weight.nodes;
        self.text_bytes += weight.text_bytes;
        Ok(())
    }

    /// How many lists and maps are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Where the innermost list or map begins, and whether it is a map.
    pub(super) fn innermost(&self) -> Option<(Place, bool)> {
        let open = self.open.last()?;
        Some((open.place, matches!(open.container, Container::Map { .. })))
    }

    /// Whether what comes next must be a key.
    #[cfg(feature = "yaml")]
    pub(super) fn awaits_key(&self) -> bool {
        let innermost = self.open.last().map(|open| &open.container);
        matches!(innermost, Some(Container::Map { pending: None, .. }))
    }

    /// The path of the value that comes next.
    pub(super) fn path(&self) -> String {
        self.path_through(self.open.len())
    }

    /// The path of the innermost list or map.
    pub(super) fn path_of_open(&self) -> String {
        self.path_through(self.open.len().saturating_sub(1))
    }

    fn path_through(&self, count: usize) -> String {
        self.open[..count].iter().fold(String::new(), |path, open| match &open.container {
            Container::List(items) => index_path(&path, items.len()),
            Container::Map { pending: Some(key), .. } => key_path(&path, &key.name),
            Container::Map { pending: None, .. } => path,
        })
    }
}

impl Weight {
    /// The weight of a whole tree. Recurses no deeper than the tree, which is bounded.
    #[cfg(feature = "yaml")]
    pub(super) fn of(node: &Node) -> Self {
        let own = |text_bytes| Self { nodes: 1, text_bytes, height: 0 };
        match &node.value {
            Value::Null | Value::Bool(_) => own(0),
            Value::Number(number) => own(number.literal().len()),
            Value::String(text) => own(text.len()),
            Value::List(items) => items.iter().map(Self::of).fold(own(0), Self::around).raised(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let value = Self::of(&entry.value);
                    Self { text_bytes: value.text_bytes + entry.key.name.len(), ..value }
                })
                .fold(own(0), Self::around)
                .raised(),
        }
    }

    #[cfg(feature = "yaml")]
    fn around(self, part: Self) -> Self {
        Self {
            nodes: self.nodes + part.nodes,
            text_bytes: self.text_bytes + part.text_bytes,
            height: self.height.max(part.height),
        }
    }

    #[cfg(feature = "yaml")]
    fn raised(self) -> Self {
        Self { height: self.height + 1, ..self }
    }
}

/// An error about a key of the map that is being closed.
struct Misplaced {
    error: DocumentError,
    key: String,
    place: Place,
}

fn refuse_duplicates(entries: &[Entry]) -> Result<(), Misplaced> {
    let mut order: Vec<&Key> = entries.iter().map(|entry| &entry.key).collect();
    order.sort_by(|a, b| a.name.cmp(&b.name));
    let twice = order
        .windows(2)
        .filter(|pair| pair[0].name == pair[1].name)
        .min_by_key(|pair| pair[1].place);
    let Some([first, second]) = twice else { return Ok(()) };
    let mut message = "the key is given twice".to_owned();
    if first.place.line > 0 {
        let _ = write!(message, ", first in line {}", first.place.line);
    }
    let error = DocumentError::new(message).with_remedy("Keep one of the two");
    Err(Misplaced { error, key: second.name.clone(), place: second.place })
}

/// Replaces `<<` by the entries it stands for. A map's own keys win over merged ones, and
/// of several merged maps the first.
fn merged(entries: Vec<Entry>, merge: Option<usize>) -> Result<Vec<Entry>, Misplaced> {
    let Some(merge) = merge else { return Ok(entries) };
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.key.name.clone()).collect();
    let mut result = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        if index != merge {
            result.push(entry);
            continue;
        }
        for source in sources_of(entry.value)? {
            result.extend(source.into_iter().filter(|entry| taken.insert(entry.key.name.clone())));
        }
    }
    Ok(result)
}

fn sources_of(node: Node) -> Result<Vec<Vec<Entry>>, Misplaced> {
    let refuse = |place: Place| {
        let error = DocumentError::new("`<<` takes a map or a list of maps");
        let error = error.with_remedy("Write `<<: *name`");
        Misplaced { error, key: "<<".to_owned(), place }
    };
    match node.value {
        Value::Map(entries) => Ok(vec![entries]),
        Value::List(items) => items
            .into_iter()
            .map(|item| match item.value {
                Value::Map(entries) => Ok(entries),
                _ => Err(refuse(item.place)),
            })
            .collect(),
        _ => Err(refuse(node.place)),
    }
}
