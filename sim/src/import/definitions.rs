//! Task definitions: as they were registered, with number and status, without what only matters
//! inside the containers.

use std::collections::BTreeMap;

use stowplan_engine::api::EngineConfig;
use stowplan_engine::api::input::RegisterTaskDefinition;
use stowplan_engine::definition;
use stowplan_engine::model::{DefinitionStatus, TaskDefinition, Time};

use crate::document::{Decoder, Entry, Key, Node, Value};

use super::arn::short;
use super::at::At;
use super::export::Export;
use super::fields::{Fields, list, text};
use super::names::{Class, Names};
use super::note::{Concern, ImportError, Notes};
use super::shapes;

/// Fields that DescribeTaskDefinition adds to what was registered. Number, status and date are
/// kept; the rest follows from the definition or is of no use.
const DESCRIBED: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// What only matters inside a container, and may hold secrets.
const INSIDE: &[&str] = &["environment", "command", "entryPoint", "dockerLabels"];

/// Task definitions by `family:revision`.
pub(super) struct Definitions<'d> {
    rows: BTreeMap<&'d str, TaskDefinition>,
    node: Node,
}

impl<'d> Definitions<'d> {
    pub(super) fn read(
        export: &Export<'d>,
        names: &Names,
        notes: &mut Notes,
    ) -> Result<Self, ImportError> {
        let (mut rows, mut nodes) = (BTreeMap::new(), BTreeMap::new());
        for (label, answer) in export.definitions.iter() {
            let described = answer.get("taskDefinition").unwrap_or_else(|| answer.clone());
            let registered = registered(&described, answer, notes)?;
            let revision = described.count("revision")?.unwrap_or_default();
            let row = adopted(&described, &registered, revision)?;
            if row.label() != label {
                let message = format!("the ARN is of {label}, the rest of {}", row.label());
                return Err(described.error(message).remedy("Export it again"));
            }
            let node = written(&described, registered, names, notes)?;
            nodes.insert((row.family.clone(), row.revision), node);
            rows.insert(label, row);
        }
        Ok(Self { rows, node: list(nodes.into_values()) })
    }

    pub(super) fn node(&self) -> Node {
        self.node.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The definition that a field names by its ARN.
    pub(super) fn named(
        &self,
        at: &At<'d>,
        key: &str,
    ) -> Result<(&'d str, &TaskDefinition), ImportError> {
        let label = short(at.required(key)?);
        let found = self.rows.get(label).map(|row| (label, row));
        found.ok_or_else(|| {
            let place = at.get(key).unwrap_or_else(|| at.clone());
            let call = format!(
                "aws ecs describe-task-definition --include TAGS --task-definition {label}"
            );
            let message = format!("the task definition {label} is not among the files");
            place.error(message).remedy(format!("Add the answer of `{call}`"))
        })
    }
}

/// What was registered, as the call takes it.
fn registered(described: &At<'_>, answer: &At<'_>, notes: &mut Notes) -> Result<Node, ImportError> {
    let mut node = shapes::DEFINITION.cut(described, DESCRIBED, notes)?;
    if let Some(tags) = answer.get("tags").filter(|_| answer.get("taskDefinition").is_some()) {
        let tags = shapes::TAG.cut(&tags, &[], notes)?;
        if !super::fields::is_empty(&tags) {
            node.set("tags", tags);
        }
    }
    let Value::Map(entries) = &mut node.value else {
        return Err(described.error("expected a map").remedy("Export it again"));
    };
    for entry in entries.iter_mut().filter(|entry| entry.key.name == "containerDefinitions") {
        let Value::List(containers) = &mut entry.value.value else { continue };
        for container in containers {
            leave_out_inside(container, described, notes);
        }
    }
    Ok(node)
}

fn leave_out_inside(container: &mut Node, at: &At<'_>, notes: &mut Notes) {
    for key in INSIDE {
        if container.remove(key).is_some() {
            let message = format!(
                "`{key}` of containers: nothing outside depends on it, and it may hold secrets"
            );
            notes.at(Concern::LeftOut, at, message);
        }
    }
    let Value::Map(entries) = &mut container.value else { return };
    let log = entries.iter_mut().find(|entry| entry.key.name == "logConfiguration");
    let Some(log) = log.map(|entry| &mut entry.value) else { return };
    let Some(mut options) = log.remove("options") else { return };
    if let Value::Map(options) = &mut options.value {
        let before = options.len();
        options.retain(|option| is_plain_log_option(&option.key.name));
        if options.len() < before {
            let message = "options of log drivers other than `awslogs-*`: they may hold secrets";
            notes.at(Concern::LeftOut, at, message);
        }
    }
    if !super::fields::is_empty(&options) {
        log.set("options", options);
    }
}

fn is_plain_log_option(name: &str) -> bool {
    name.starts_with("awslogs-") || matches!(name, "mode" | "max-buffer-size")
}

/// The definition as the engine reads it: what its tasks reserve follows from that.
fn adopted(
    described: &At<'_>,
    registered: &Node,
    revision: u32,
) -> Result<TaskDefinition, ImportError> {
    let input: RegisterTaskDefinition = Decoder::new(registered)
        .at(described.path())
        .decode()
        .map_err(|error| described.locate(error))?;
    definition::adopt(input, revision, Time(0), &EngineConfig::default()).map_err(|refusal| {
        let error = described.error(refusal.message.to_string());
        error.remedy("Export it again: ECS would not have registered this (01 section 3.2)")
    })
}

/// The definition as the scenario has it.
fn written(
    described: &At<'_>,
    registered: Node,
    names: &Names,
    notes: &mut Notes,
) -> Result<Node, ImportError> {
    let family = described.required("family")?;
    let mut fields = Fields::new()
        .with("family", text(names.of(Class::Family, family)))
        .maybe("revision", described.integer("revision")?);
    match described.word::<DefinitionStatus>("status")? {
        None | Some("ACTIVE") => {}
        Some(status) => fields.put("status", status),
    }
    if let Some(instant) = described.instant("registeredAt")? {
        fields.put("registeredAt", text(instant.to_string()));
    }
    let Value::Map(entries) = registered.value else { return Ok(fields.build()) };
    for Entry { key, value } in entries {
        let is_default = key.name == "enableFaultInjection" && value.as_bool() == Some(false);
        if key.name == "family" || is_default {
            continue;
        }
        let value = Renamed { names, notes: &mut *notes, at: described }.entry(&key.name, value);
        fields.put(&key.name, value);
    }
    Ok(fields.build())
}

/// Replaces the names in a definition.
struct Renamed<'a, 'n, 'd> {
    names: &'a Names,
    notes: &'n mut Notes,
    at: &'a At<'d>,
}

impl Renamed<'_, '_, '_> {
    fn entry(&mut self, key: &str, value: Node) -> Node {
        match (key, value.value) {
            ("taskRoleArn" | "executionRoleArn" | "credentialsParameter", Value::String(arn)) => {
                text(self.names.arn(Class::Role, &arn))
            }
            ("containerDefinitions", Value::List(containers)) => {
                list(containers.into_iter().map(|container| self.container(container)))
            }
            ("placementConstraints", Value::List(items)) => list(
                items.into_iter().map(|item| constraint(item, self.names, self.at, self.notes)),
            ),
            ("tags", value) => match self.names.are_made_up() {
                true => Node::default(),
                false => Node::from(value),
            },
            ("volumes" | "proxyConfiguration", value) => self.anything(Node::from(value)),
            (_, value) => Node::from(value),
        }
    }

    fn container(&self, container: Node) -> Node {
        let Value::Map(entries) = container.value else { return container };
        let mut fields = Fields::new();
        for Entry { key, value } in entries {
            let value = self.container_entry(&key.name, value);
            fields.put(&key.name, value);
        }
        fields.build()
    }

    fn container_entry(&self, key: &str, value: Node) -> Node {
        if let Value::String(own) = &value.value {
            return match key {
                "name" => text(self.names.of(Class::Container, own)),
                "image" => text(self.names.of(Class::Image, own)),
                "versionConsistency" => value,
                _ => text(self.names.of(Class::Other, own)),
            };
        }
        match key {
            "dependsOn" | "volumesFrom" | "links" => self.references(value),
            "healthCheck" => self.health_check(value),
            "portMappings" => self.port_mappings(value),
            "secrets" => self.secrets(value),
            "logConfiguration" => self.log_configuration(value),
            "cpu"
            | "memory"
            | "memoryReservation"
            | "essential"
            | "restartPolicy"
            | "startTimeout"
            | "stopTimeout"
            | "resourceRequirements"
            | "ulimits"
            | "systemControls"
            | "disableNetworking"
            | "privileged"
            | "interactive"
            | "readonlyRootFilesystem"
            | "pseudoTerminal" => value,
            _ => self.anything(value),
        }
    }

    /// Names of other containers, wherever they stand.
    fn references(&self, value: Node) -> Node {
        let names = self.names;
        map_texts(value, &mut |key, own| match key {
            Some("containerName" | "sourceContainer") => names.of(Class::Container, own),
            None => match own.split_once(':') {
                // A link: `container:alias`.
                Some((container, alias)) => {
                    let alias = names.of(Class::Other, alias);
                    format!("{}:{alias}", names.of(Class::Container, container))
                }
                None => names.of(Class::Container, own),
            },
            Some(_) => own.to_owned(),
        })
    }

    fn health_check(&self, mut value: Node) -> Node {
        if self.names.are_made_up() && value.get("command").is_some() {
            value.set("command", list([text("CMD-SHELL"), text("exit 0")]));
        }
        value
    }

    fn port_mappings(&self, value: Node) -> Node {
        let names = self.names;
        map_texts(value, &mut |key, own| match key {
            Some("name") => names.of(Class::Other, own),
            _ => own.to_owned(),
        })
    }

    fn secrets(&self, value: Node) -> Node {
        let names = self.names;
        map_texts(value, &mut |key, own| match key {
            Some("valueFrom") => names.arn(Class::Secret, own),
            _ => names.of(Class::Other, own),
        })
    }

    fn log_configuration(&self, value: Node) -> Node {
        let names = self.names;
        map_texts(value, &mut |key, own| match key {
            Some("awslogs-group") => names.of(Class::LogGroup, own),
            Some("awslogs-stream-prefix" | "name" | "awslogs-datetime-format") => {
                names.of(Class::Other, own)
            }
            Some("awslogs-multiline-pattern") => names.of(Class::Other, own),
            Some("valueFrom") => names.arn(Class::Secret, own),
            _ => own.to_owned(),
        })
    }

    /// A part that is kept whole; its texts are the account's own, but for the API's words.
    fn anything(&self, value: Node) -> Node {
        let names = self.names;
        map_texts(value, &mut |key, own| {
            let is_word = !own.is_empty()
                && own.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            let is_kept = matches!(
                key,
                Some("driver" | "scope" | "type" | "transitEncryption" | "iam" | "filesystemType")
            );
            if is_word || is_kept { own.to_owned() } else { names.of(Class::Other, own) }
        })
    }
}

/// A placement constraint with the names in its expression replaced.
pub(super) fn constraint(mut item: Node, names: &Names, at: &At<'_>, notes: &mut Notes) -> Node {
    let Some(expression) = item.get("expression").and_then(Node::as_str) else { return item };
    let (replaced, clean) = names.expression(expression);
    if !clean {
        let message = "an expression may still tell a name: look through it before you share it";
        notes.at(Concern::Assumed, at, message);
    }
    item.set("expression", text(replaced));
    item
}

/// Changes every text of a tree, told the key it stands under.
fn map_texts(node: Node, change: &mut impl FnMut(Option<&str>, &str) -> String) -> Node {
    fn walk(
        key: Option<&str>,
        node: Node,
        change: &mut impl FnMut(Option<&str>, &str) -> String,
    ) -> Node {
        let value = match node.value {
            Value::String(own) => Value::String(change(key, &own)),
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| walk(key, item, change)).collect())
            }
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|Entry { key, value }| {
                        let value = walk(Some(&key.name), value, change);
                        Entry { key: Key::from(&*key.name), value }
                    })
                    .collect(),
            ),
            other => other,
        };
        Node::new(value, node.place)
    }
    walk(None, node, change)
}
