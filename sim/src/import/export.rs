//! The export of one cluster: its parts by kind, each thing once.

use std::collections::{BTreeMap, BTreeSet};

use super::arn::{Arn, short};
use super::at::At;
use super::kind::Kind;
use super::note::{Concern, ImportError, Notes};

/// What the files say about one cluster.
#[derive(Debug, Default)]
pub(super) struct Export<'d> {
    /// Of the cluster; `None` when no ARN tells it.
    pub(super) arn: Option<String>,
    pub(super) cluster: Option<At<'d>>,
    pub(super) instances: Things<'d>,
    pub(super) services: Things<'d>,
    /// Elements of `describe-task-sets`.
    pub(super) task_sets: Things<'d>,
    pub(super) tasks: Things<'d>,
    /// By `family:revision`.
    pub(super) definitions: Things<'d>,
    /// By name.
    pub(super) providers: Things<'d>,
    /// Auto Scaling groups, by name.
    pub(super) groups: Things<'d>,
    /// Elements of `list-attributes`.
    pub(super) attributes: Vec<At<'d>>,
    /// Elements of `get-task-protection`, by task.
    pub(super) protections: Things<'d>,
    /// What the `list-*` answers name, by kind and short name.
    pub(super) listed: BTreeMap<(Kind, &'d str), At<'d>>,
}

/// Things of one kind by their id, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct Things<'d> {
    positions: BTreeMap<&'d str, usize>,
    rows: Vec<(&'d str, At<'d>)>,
}

impl<'d> Things<'d> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'d str, &At<'d>)> {
        self.rows.iter().map(|(id, at)| (*id, at))
    }

    pub(super) fn get(&self, id: &str) -> Option<&At<'d>> {
        self.positions.get(id).map(|&position| &self.rows[position].1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes a thing in. Said twice alike it counts once; said differently the higher `version`
    /// counts, and without one the export contradicts itself.
    fn add(
        &mut self,
        what: &str,
        id: &'d str,
        at: At<'d>,
        notes: &mut Notes,
    ) -> Result<(), ImportError> {
        let Some(&position) = self.positions.get(id) else {
            self.positions.insert(id, self.rows.len());
            self.rows.push((id, at));
            return Ok(());
        };
        let first = &mut self.rows[position].1;
        if first.node() == at.node() {
            let message = format!("{what} {id} is there twice, alike: taken once");
            notes.at(Concern::LeftOut, &at, message);
            return Ok(());
        }
        let versions = (first.integer("version")?, at.integer("version")?);
        let (Some(old), Some(new)) = versions else {
            let (file, line) = (first.file(), first.place().line);
            return Err(at
                .error(format!("{what} {id} is there twice, with different content"))
                .remedy(format!("Keep the newer one (the other is in {file}, line {line})")));
        };
        let newer = old.max(new);
        let message = format!(
            "{what} {id} is there twice, exported at different moments: version {newer} counts"
        );
        notes.at(Concern::Contradiction, &at, message);
        if new > old {
            *first = at;
        }
        Ok(())
    }
}

/// Gathers the parts that belong to one cluster.
pub(super) fn gather<'d>(
    parts: Vec<(Kind, At<'d>)>,
    wanted: Option<&str>,
    notes: &mut Notes,
) -> Result<Export<'d>, ImportError> {
    let arn = choose_cluster(&parts, wanted)?;
    let mut export = Export { arn, ..Export::default() };
    for (kind, at) in parts {
        match cluster_of(kind, &at)? {
            Some(other) if export.arn.as_ref().is_some_and(|arn| *arn != other) => {
                let message = format!("of another cluster, {}", short(&other));
                notes.at(Concern::LeftOut, &at, message);
            }
            _ => export.take(kind, at, notes)?,
        }
    }
    Ok(export)
}

impl<'d> Export<'d> {
    fn take(&mut self, kind: Kind, at: At<'d>, notes: &mut Notes) -> Result<(), ImportError> {
        match kind {
            Kind::Cluster => self.cluster = Some(at),
            Kind::Instance => {
                let id = short(at.required("containerInstanceArn")?);
                self.instances.add("container instance", id, at, notes)?;
            }
            Kind::Service => {
                self.services.add("service", at.required("serviceName")?, at, notes)?;
            }
            Kind::TaskSet => {
                self.task_sets.add("task set", at.required("taskSetArn")?, at, notes)?;
            }
            Kind::Task => self.tasks.add("task", short(at.required("taskArn")?), at, notes)?,
            Kind::Definition => {
                let definition = at.get("taskDefinition").unwrap_or_else(|| at.clone());
                let id = short(definition.required("taskDefinitionArn")?);
                self.definitions.add("task definition", id, at, notes)?;
            }
            Kind::Provider => {
                self.providers.add("capacity provider", at.required("name")?, at, notes)?;
            }
            Kind::Group => {
                let id = at.required("AutoScalingGroupName")?;
                self.groups.add("Auto Scaling group", id, at, notes)?;
            }
            Kind::Attribute => self.attributes.push(at),
            Kind::Protection => {
                let id = short(at.required("taskArn")?);
                self.protections.add("the protection of task", id, at, notes)?;
            }
            Kind::ListedCluster
            | Kind::ListedInstance
            | Kind::ListedService
            | Kind::ListedTask
            | Kind::ListedDefinition => {
                self.listed.entry((kind, short(at.as_text()?))).or_insert(at);
            }
            Kind::Other => {}
        }
        Ok(())
    }

    /// Every ARN of a task, service, instance or definition, to learn account and region from.
    pub(super) fn some_arn(&self) -> Result<Option<Arn<'d>>, ImportError> {
        let keyed = [
            (&self.instances, "containerInstanceArn"),
            (&self.services, "serviceArn"),
            (&self.tasks, "taskArn"),
        ];
        for (things, key) in keyed {
            if let Some((_, at)) = things.iter().next() {
                return Ok(Arn::parse(at.required(key)?));
            }
        }
        match &self.cluster {
            Some(cluster) => Ok(Arn::parse(cluster.required("clusterArn")?)),
            None => Ok(None),
        }
    }
}

/// The ARN of the cluster that a part says it belongs to.
fn cluster_of(kind: Kind, at: &At<'_>) -> Result<Option<String>, ImportError> {
    let by_own_arn = |key: &str| -> Result<Option<String>, ImportError> {
        let text = at.required(key)?;
        let Some(arn) = Arn::parse(text) else {
            let problem = at.get(key).unwrap_or_else(|| at.clone());
            return Err(problem
                .error(format!("`{text}` is no ARN"))
                .remedy("Export it again: the AWS CLI prints whole ARNs"));
        };
        Ok(arn.cluster().map(|cluster| arn.of_cluster(cluster)))
    };
    Ok(match kind {
        Kind::Cluster => Some(at.required("clusterArn")?.to_owned()),
        Kind::Service => match at.text("clusterArn")? {
            Some(arn) => Some(arn.to_owned()),
            None => by_own_arn("serviceArn")?,
        },
        Kind::TaskSet => at.text("clusterArn")?.map(str::to_owned),
        Kind::Task => match at.text("clusterArn")? {
            Some(arn) => Some(arn.to_owned()),
            None => by_own_arn("taskArn")?,
        },
        Kind::Instance => by_own_arn("containerInstanceArn")?,
        Kind::Protection => by_own_arn("taskArn")?,
        Kind::Attribute => cluster_of_text(at.text("targetId")?),
        Kind::ListedInstance | Kind::ListedService | Kind::ListedTask => {
            cluster_of_text(Some(at.as_text()?))
        }
        Kind::ListedCluster => Some(at.as_text()?.to_owned()),
        Kind::Definition | Kind::Provider | Kind::Group => None,
        Kind::ListedDefinition | Kind::Other => None,
    })
}

fn cluster_of_text(text: Option<&str>) -> Option<String> {
    let arn = Arn::parse(text?)?;
    arn.cluster().map(|cluster| arn.of_cluster(cluster))
}

/// The cluster to import: the one that is wanted, or the only one that holds something.
fn choose_cluster(
    parts: &[(Kind, At<'_>)],
    wanted: Option<&str>,
) -> Result<Option<String>, ImportError> {
    let mut filled: Vec<(String, &At<'_>)> = Vec::new();
    let mut described: Vec<(String, &At<'_>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (kind, at) in parts {
        let Some(arn) = cluster_of(*kind, at)? else { continue };
        let list = match kind {
            Kind::Cluster => &mut described,
            Kind::Instance | Kind::Service | Kind::Task => &mut filled,
            _ => continue,
        };
        if seen.insert((*kind == Kind::Cluster, arn.clone())) {
            list.push((arn, at));
        }
    }
    let known = if filled.is_empty() { described } else { filled };
    let Some(wanted) = wanted else {
        return match &known[..] {
            [] => Ok(None),
            [(only, _)] => Ok(Some(only.clone())),
            [(one, _), (other, at), ..] => Err(at
                .error(format!("of cluster {other}, but what came before is of {one}"))
                .remedy("A scenario begins with one cluster: choose it with --cluster NAME")),
        };
    };
    let matches = |arn: &str| arn == wanted || short(arn) == wanted;
    let found = known.iter().find(|(arn, _)| matches(arn));
    found.map(|(arn, _)| Some(arn.clone())).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(arn, _)| short(arn)).collect();
        let remedy = format!("The files speak of: {}", names.join(", "));
        ImportError::of_all(format!("there is no cluster {wanted} in the files"), remedy)
    })
}
