//! Values of the read model as CEL sees them. Objects are made field by field; everything else is
//! a CEL value of its own.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, CelUInt, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use serde_json::Value;

use super::names::Scope;
use crate::view::{Entity, Node, Root};

/// A JSON value as CEL sees it.
pub(crate) fn to_cel(value: Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => Box::new(CelInt::from(value)),
            (_, Some(value), _) => Box::new(CelUInt::from(value)),
            (_, _, value) => Box::new(CelDouble::from(value.unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text)),
        Value::Array(items) => {
            let items: Vec<Box<dyn Val>> = items.into_iter().map(to_cel).collect();
            Box::new(CelList::from(items))
        }
        Value::Object(fields) => Box::new(Object::new(fields)),
    }
}

/// A CEL value as JSON; `None` for what JSON does not know.
pub(crate) fn to_json(value: &dyn Val) -> Option<Value> {
    if value.downcast_ref::<CelNull>().is_some() {
        return Some(Value::Null);
    }
    if let Some(value) = value.downcast_ref::<CelBool>() {
        return Some((*value.inner()).into());
    }
    if let Some(value) = value.downcast_ref::<CelInt>() {
        return Some((*value.inner()).into());
    }
    if let Some(value) = value.downcast_ref::<CelUInt>() {
        return Some((*value.inner()).into());
    }
    if let Some(value) = value.downcast_ref::<CelDouble>() {
        return Some((*value.inner()).into());
    }
    if let Some(value) = value.downcast_ref::<CelString<'_>>() {
        return Some(value.inner().into());
    }
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        return list.inner().iter().map(|item| to_json(item.as_ref())).collect();
    }
    let (indexer, iterable) = (value.as_indexer()?, value.as_iterable()?);
    let mut fields = serde_json::Map::new();
    let mut keys = iterable.iter();
    while let Some(key) = keys.next() {
        let name = key.downcast_ref::<CelString<'_>>()?.inner().to_owned();
        fields.insert(name, to_json(indexer.get(key).ok()?.as_ref())?);
    }
    Some(Value::Object(fields))
}

/// A string key.
fn text_of(key: &dyn Val) -> Result<&str, ExecutionError> {
    let text = key.downcast_ref::<CelString<'_>>().map(CelString::inner);
    text.ok_or_else(|| ExecutionError::UnexpectedType {
        got: key.get_type().name().to_owned(),
        want: "a name".to_owned(),
    })
}

/// Stands between a key and the nearest one in CEL's own error, which has room for one text.
pub(crate) const NEAREST: char = '\n';

/// The refusal of a key, with the nearest one there is.
fn no_such_key<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> ExecutionError {
    let nearest = known
        .map(|name| (strsim::damerau_levenshtein(key, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    match nearest {
        Some((_, name)) => ExecutionError::no_such_key(&format!("{key}{NEAREST}{name}")),
        None => ExecutionError::no_such_key(key),
    }
}

/// Whether two maps of any kind have the same keys with the same values.
fn same_entries(a: &dyn Val, b: &dyn Val) -> bool {
    let sizes = (a.as_sizer().map(|s| *s.size().inner()), b.as_sizer().map(|s| *s.size().inner()));
    let (Some(keys), Some(left), Some(right)) = (a.as_iterable(), a.as_indexer(), b.as_indexer())
    else {
        return false;
    };
    if b.get_type() != &MAP_TYPE || sizes.0 != sizes.1 {
        return false;
    }
    let mut keys = keys.iter();
    while let Some(key) = keys.next() {
        match (left.get(key), right.get(key)) {
            (Ok(mine), Ok(theirs)) if mine.as_ref().equals(theirs.as_ref()) => {}
            _ => return false,
        }
    }
    true
}

/// Iterates over keys that are stored.
struct Keys<'b>(std::slice::Iter<'b, CelString<'static>>);

impl<'b, 'v> CelIterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|key| key as &dyn Val)
    }
}

/// The parts of [`Val`] that all maps share.
macro_rules! is_a_map {
    () => {
        fn get_type(&self) -> &Type {
            &MAP_TYPE
        }

        fn cel_type() -> &'static Type {
            &MAP_TYPE
        }

        fn as_container(&self) -> Option<&dyn Container> {
            Some(self)
        }

        fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
        where
            Self: 'w,
        {
            Some(self)
        }

        fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
        where
            Self: 'w,
        {
            Some(self)
        }

        fn as_sizer(&self) -> Option<&dyn Sizer> {
            Some(self)
        }

        fn equals(&self, other: &dyn Val) -> bool {
            same_entries(self, other)
        }
    };
}

/// A finished object: its fields in order. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Object(Arc<Fields>);

#[derive(Debug)]
struct Fields {
    keys: Vec<CelString<'static>>,
    values: Vec<Box<dyn Val>>,
    weight: u64,
}

impl Object {
    fn new(fields: serde_json::Map<String, Value>) -> Self {
        let (keys, values): (Vec<_>, Vec<_>) =
            fields.into_iter().map(|(key, value)| (CelString::from(key), to_cel(value))).unzip();
        let weights = values.iter().map(|value| super::budget::weight(value.as_ref(), u64::MAX));
        let weight = weights.sum::<u64>() + keys.len() as u64;
        Self(Arc::new(Fields { keys, values, weight }))
    }

    /// How many values there are in it.
    pub(crate) fn weight(&self) -> u64 {
        self.0.weight
    }

    fn find(&self, key: &str) -> Option<&(dyn Val + 'static)> {
        let position = self.0.keys.iter().position(|known| known.inner() == key)?;
        Some(self.0.values[position].as_ref())
    }
}

impl Val for Object {
    is_a_map!();

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Object {}

impl Indexer for Object {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let name = text_of(key)?;
        let known = || self.0.keys.iter().map(CelString::inner);
        let found = self.find(name).ok_or_else(|| no_such_key(name, known()))?;
        Ok(CowVal::Borrowed(found))
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Object {
    fn iter<'b, 'w>(&'b self) -> Box<dyn CelIterator<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        Box::new(Keys(self.0.keys.iter()))
    }
}

impl Container for Object {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(text_of(key)?).is_some())
    }
}

impl Sizer for Object {
    fn size(&self) -> CelInt {
        CelInt::from(self.0.keys.len() as i64)
    }
}

/// An object of the read model whose fields are made when they are read.
pub(crate) struct Made<'s> {
    scope: &'s Scope<'s>,
    what: What,
    keys: OnceLock<Vec<CelString<'static>>>,
}

/// What is made field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An object.
    Entity(Entity),
    /// A root that is a map.
    Root(Root),
}

impl<'s> Made<'s> {
    pub(crate) fn new(scope: &'s Scope<'s>, what: What) -> Self {
        Self { scope, what, keys: OnceLock::new() }
    }

    fn keys(&self) -> &[CelString<'static>] {
        self.keys.get_or_init(|| match self.what {
            What::Entity(entity) => entity.fields().iter().map(|name| (*name).into()).collect(),
            What::Root(root) => {
                self.scope.moment.keys(root).into_iter().map(CelString::from).collect()
            }
        })
    }

    fn find(&self, name: &str) -> Option<Node> {
        match self.what {
            What::Entity(entity) => entity.field(&self.scope.moment, name).map(Node::Value),
            What::Root(root) => self.scope.moment.entry(root, name),
        }
    }
}

impl fmt::Debug for Made<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

/// A node of the read model as CEL sees it.
pub(crate) fn node<'s>(
    scope: &'s Scope<'s>,
    node: Node,
) -> Result<Box<dyn Val + 's>, ExecutionError> {
    match node {
        Node::Entity(entity) => Ok(Box::new(Made::new(scope, What::Entity(entity)))),
        Node::List(entities) => {
            scope.budget.pay(entities.len() as u64)?;
            let one =
                |entity| Box::new(Made::new(scope, What::Entity(entity))) as Box<dyn Val + 's>;
            Ok(Box::new(CelList::from(entities.into_iter().map(one).collect::<Vec<_>>())))
        }
        Node::Value(value) => {
            let value = to_cel(value);
            scope.budget.pay_for(value.as_ref())?;
            Ok(value)
        }
    }
}

impl<'s> Val for Made<'s> {
    is_a_map!();

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(Self::new(self.scope, self.what))
    }
}

impl<'s> Indexer for Made<'s> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let name = text_of(key)?;
        let known = || self.keys().iter().map(CelString::inner);
        let found = self.find(name).ok_or_else(|| no_such_key(name, known()))?;
        node(self.scope, found).map(CowVal::Owned)
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Made<'_> {
    fn iter<'b, 'w>(&'b self) -> Box<dyn CelIterator<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        Box::new(Keys(self.keys().iter()))
    }
}

impl Container for Made<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(text_of(key)?).is_some())
    }
}

impl Sizer for Made<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(self.keys().len() as i64)
    }
}

/// A number of any kind as a double.
pub(crate) fn number(value: &dyn Val) -> Option<f64> {
    if let Some(value) = value.downcast_ref::<CelInt>() {
        return Some(*value.inner() as f64);
    }
    if let Some(value) = value.downcast_ref::<CelUInt>() {
        return Some(*value.inner() as f64);
    }
    value.downcast_ref::<CelDouble>().map(|value| *value.inner())
}

/// The elements of a list.
pub(crate) fn elements<'b, 'v>(value: &'b (dyn Val + 'v)) -> Option<&'b [Box<dyn Val + 'v>]> {
    value.downcast_ref::<CelList<'v>>().map(CelList::inner)
}

/// Whether a value is a map of any kind.
pub(crate) fn is_map(value: &dyn Val) -> bool {
    value.downcast_ref::<CelMap<'_>>().is_some() || value.get_type() == &MAP_TYPE
}
