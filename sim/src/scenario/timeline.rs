//! The key `timeline`: what is done, and when.

use serde::{Deserialize, de::DeserializeSeed};
use stowplan_engine::api::{Command, Exception};
use stowplan_engine::model::Time;

use super::{
    actions::{self, WorldKeys},
    at::At,
    unbuilt::{self, Part},
};
use crate::document::{Decoder, DocumentError, Duration, Node, Raw, Value, remedy};
use crate::view::describe::Query;

/// One entry of `timeline`, as it was read.
#[derive(Clone, Debug)]
pub(super) struct GivenEntry {
    pub(super) at: Time,
    pub(super) keep_as: Option<String>,
    pub(super) must_fail: Option<MustFail>,
    pub(super) may_fail: bool,
    pub(super) action: GivenAction,
    pub(super) origin: super::at::Origin,
}

/// What an entry does.
#[derive(Clone, Debug)]
pub(super) enum GivenAction {
    Api(&'static str, Raw),
    Query(&'static str, Raw),
    World(WorldKeys),
}

/// A refusal that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MustFail {
    /// The exception's name.
    pub exception: String,
    /// What its message contains.
    pub message: Option<String>,
}

const KEYS: &[&str] = &["at", "as", "mustFail", "mayFail"];

/// Reads the key, in order of time and then as listed.
pub(super) fn read(at: &At<'_>, until: Time) -> Result<Vec<GivenEntry>, DocumentError> {
    let mut entries: Vec<GivenEntry> = Vec::new();
    for item in at.items_up_to(super::MOST_TASKS)? {
        let before = entries.last().map_or(Time::ZERO, |entry| entry.at);
        entries.push(entry_of(&item, before, until)?);
    }
    let named = entries
        .iter()
        .filter_map(|entry| entry.keep_as.as_deref().map(|name| (name, entry.origin.key("as"))));
    super::names::refuse_duplicates(named, "name of an answer").map_err(|(message, origin)| {
        let index = entries.iter().position(|entry| entry.origin.key("as") == origin);
        let item = at.node.items().get(index.unwrap_or_default());
        let place = item.and_then(|item| item.get("as")).unwrap_or(at.node).place;
        DocumentError::new(message).with_remedy("Give it another name").at(origin.path(), place)
    })?;
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

fn entry_of(at: &At<'_>, before: Time, until: Time) -> Result<GivenEntry, DocumentError> {
    at.map()?;
    let time = match at.get("at") {
        None => before,
        Some(given) => time_of(&given, until)?,
    };
    Ok(GivenEntry {
        at: time,
        keep_as: at.optional("as")?,
        must_fail: at.get("mustFail").map(|given| must_fail(&given)).transpose()?,
        may_fail: at.optional("mayFail")?.unwrap_or(false),
        action: action_of(at)?,
        origin: at.origin.clone(),
    })
}

fn time_of(at: &At<'_>, until: Time) -> Result<Time, DocumentError> {
    let given: Duration = at.decode()?;
    let time = Time(i64::try_from(given.millis()).unwrap_or(i64::MAX));
    if time > until {
        let error = at.error(format!("this is after the end of the run, {until}"));
        return Err(error.with_remedy("Move it forward, or set `until` to a later time"));
    }
    Ok(time)
}

fn must_fail(at: &At<'_>) -> Result<MustFail, DocumentError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Keys {
        exception: String,
        message: Option<String>,
    }
    let keys = match at.node.as_str() {
        Some(exception) => Keys { exception: exception.to_owned(), message: None },
        None => at.decode()?,
    };
    let Keys { exception, message } = keys;
    let name = at.get("exception").unwrap_or_else(|| at.clone());
    if !Exception::NAMES.contains(&&*exception) {
        let error = name.error(format!("there is no exception `{exception}`"));
        return Err(error.with_remedy(remedy(&exception, Exception::NAMES)));
    }
    Ok(MustFail { exception, message })
}

fn action_of(at: &At<'_>) -> Result<GivenAction, DocumentError> {
    let mut actions = at.children().filter(|(name, _)| !KEYS.contains(name));
    let Some((name, input)) = actions.next() else {
        let error = at.error("nothing is done here");
        return Err(error.with_remedy("Add an action, such as `runTask: { taskDefinition: web }`"));
    };
    let action = read_action(name, &input).map_err(|error| located(error, at, name))?;
    if let Some((other, _)) = actions.next() {
        // A misspelt `at` or `mustFail` is no second action.
        let action = read_name(other).map_err(|error| located(error, at, other));
        action?;
        let error = at.error(format!("both `{name}` and `{other}` are given"));
        return Err(error.with_remedy("Write two entries"));
    }
    Ok(action)
}

/// Says where the name of the action stands, if it is that which is wrong.
fn located(error: DocumentError, at: &At<'_>, name: &str) -> DocumentError {
    if error.line > 0 || !error.path.is_empty() {
        return error;
    }
    let entry = at.node.entries().iter().find(|entry| entry.key.name == name);
    let place = entry.map_or(at.node.place, |entry| entry.key.place);
    error.at(at.origin.key(name).path(), place)
}

enum Kind {
    Api(&'static str),
    Query(&'static str),
    World(&'static str),
}

fn read_name(name: &str) -> Result<Kind, DocumentError> {
    let known = |names: &'static [&'static str]| names.iter().copied().find(|n| *n == name);
    if let Some(name) = known(Command::ACTIONS) {
        return Ok(Kind::Api(name));
    }
    if let Some(name) = known(Query::ACTIONS) {
        return Ok(Kind::Query(name));
    }
    if let Some(name) = known(actions::WORLD) {
        return Ok(Kind::World(name));
    }
    if let Some(name) = unbuilt::find(Part::Action, name) {
        return Err(unbuilt::error(name));
    }
    let all: Vec<&str> = [KEYS, Command::ACTIONS, Query::ACTIONS, actions::WORLD].concat();
    Err(DocumentError::new(format!("there is no action `{name}`")).with_remedy(remedy(name, &all)))
}

/// UpdateService has no such member: a service comes to another launch type by its strategy
/// (04 section 2.8).
fn refuse_launch_type(input: &At<'_>) -> Result<(), DocumentError> {
    let Some((_, value)) = input.children().find(|(name, _)| *name == "launchType") else {
        return Ok(());
    };
    let error = DocumentError::new("updateService has no `launchType`").with_remedy(
        "Give `capacityProviderStrategy` and `forceNewDeployment: true`; an empty strategy goes \
         back to the launch type that the service was created with",
    );
    Err(error.at(value.origin.path(), value.node.place))
}

fn read_action(name: &str, input: &At<'_>) -> Result<GivenAction, DocumentError> {
    match read_name(name)? {
        Kind::Api(name) => {
            if matches!(name, "createService" | "updateService") {
                unbuilt::refuse_members(input, Part::Service)?;
            }
            if name == "updateService" {
                refuse_launch_type(input)?;
            }
            let raw: Raw = match name {
                "createDeployment"
                | "createDeploymentConfig"
                | "stopDeployment"
                | "continueDeployment" => {
                    Decoder::new(input.node).at(input.origin.path()).either_case(true).decode()?
                }
                _ => input.decode()?,
            };
            // Only texts can be templates, and a template is a text: the types are known now.
            command(name, &raw)?;
            Ok(GivenAction::Api(name, raw))
        }
        Kind::Query(name) => {
            // Cloud Map writes its names in PascalCase.
            let either_case = name == "discoverInstances";
            let decoder = Decoder::new(input.node).at(input.origin.path());
            let raw: Raw = decoder.either_case(either_case).decode()?;
            query(name, &raw)?;
            Ok(GivenAction::Query(name, raw))
        }
        Kind::World(name) => actions::read(name, input).map(GivenAction::World),
    }
}

/// Whether some text in here is evaluated when the call is made.
#[must_use]
pub fn has_template(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.contains("${"),
        Value::List(items) => items.iter().any(has_template),
        Value::Map(entries) => entries.iter().any(|entry| has_template(&entry.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Reads the input of a call of the ECS API.
///
/// # Errors
///
/// What the input may not hold, with its place.
///
/// # Panics
///
/// If there is no such call: names are checked when a scenario is read.
pub fn command(action: &'static str, input: &Raw) -> Result<Command, DocumentError> {
    struct Named(&'static str);
    impl<'de> DeserializeSeed<'de> for Named {
        type Value = Command;

        fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Command, D::Error> {
            Command::read(self.0, input).expect("a name of Command::ACTIONS")
        }
    }
    input.decode_with(Named(action))
}

/// Reads the input of a call that only looks.
///
/// # Errors
///
/// What the input may not hold, with its place.
///
/// # Panics
///
/// If there is no such call: names are checked when a scenario is read.
pub fn query(action: &'static str, input: &Raw) -> Result<Query, DocumentError> {
    struct Named(&'static str);
    impl<'de> DeserializeSeed<'de> for Named {
        type Value = Query;

        fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Query, D::Error> {
            Query::read(self.0, input).expect("a name of Query::ACTIONS")
        }
    }
    input.decode_with(Named(action))
}
