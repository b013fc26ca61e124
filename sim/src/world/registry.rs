//! A Cloud Map service: its configuration, its instances and how they were at each instant
//! (02 sections 5.1 and 5.2).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Deserialize;
use stowplan_engine::api::{Input, Setup, setup::RecordPresence};
use stowplan_engine::model::{Span, TaskId, Time};

use crate::document::Duration;

/// A change of an instance's custom health takes effect so much later (02 section 5.2).
const HEALTH_DELAY: Span = Span::from_secs(30);
/// `DnsRecords[].TTL` when it is not given: the console's default (02 section 5.3).
const DEFAULT_TTL: Span = Span::from_secs(60);
/// Largest `DnsRecords[].TTL` (02 section 5.3).
const MOST_TTL: Span = Span::from_secs(2_147_483_647);

/// A Cloud Map service, as the scenario gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registry {
    /// Its name; what `registryArn` names.
    pub name: Box<str>,
    /// Name of its namespace.
    pub namespace: Box<str>,
    /// How many instances an answer names.
    #[serde(default)]
    pub routing_policy: RoutingPolicy,
    /// What DNS keeps of its instances; without any only DiscoverInstances answers.
    #[serde(default)]
    pub dns_records: Vec<DnsRecord>,
}

/// `RoutingPolicy` of a Cloud Map service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RoutingPolicy {
    /// Up to eight instances.
    #[default]
    Multivalue,
    /// One, all of them as likely.
    Weighted,
}

/// One element of `DnsRecords`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsRecord {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// How long clients keep an answer, in seconds: 0 to 2147483647, default 60.
    pub ttl: Option<Duration>,
}

/// Type of a DNS record that ECS keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses; no subnet of a scenario has any.
    Aaaa,
    /// Ports, and names that lead to addresses.
    Srv,
}

impl RecordType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::A, Self::Aaaa, Self::Srv];

    /// The name as DNS writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Srv => "SRV",
        }
    }
}

impl Registry {
    /// What the control plane knows of it: the kinds of its records.
    pub(crate) fn setup(&self) -> Input {
        let keeps = |kinds: &[RecordType]| match self
            .dns_records
            .iter()
            .any(|record| kinds.contains(&record.kind))
        {
            true => RecordPresence::Kept,
            false => RecordPresence::Absent,
        };
        Input::Setup(Setup::Registry {
            name: self.name.clone(),
            addresses: keeps(&[RecordType::A, RecordType::Aaaa]),
            ports: keeps(&[RecordType::Srv]),
        })
    }

    /// The first record that cannot be, by its position, and why.
    pub fn problem(&self) -> Option<(usize, &'static str)> {
        self.dns_records.iter().enumerate().find_map(|(index, record)| {
            if record.ttl() > MOST_TTL || record.ttl().0 % 1000 != 0 {
                return Some((index, "`ttl` must be whole seconds, from 0s to 2147483647s"));
            }
            let before = &self.dns_records[..index];
            let is_second = before.iter().any(|other| other.kind == record.kind);
            is_second.then_some((index, "there is a record of this type already"))
        })
    }

    /// The name that clients ask for.
    pub fn dns_name(&self) -> String {
        format!("{}.{}", self.name, self.namespace)
    }

    /// How long clients keep its records of a type; none when it keeps none.
    pub fn ttl(&self, kind: RecordType) -> Option<Span> {
        let record = self.dns_records.iter().find(|record| record.kind == kind)?;
        Some(record.ttl())
    }
}

impl DnsRecord {
    fn ttl(self) -> Span {
        self.ttl.map_or(DEFAULT_TTL, |ttl| Span(ttl.millis()))
    }
}

/// `HealthCheckCustomConfig`: what ECS tells Cloud Map of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceHealth {
    /// HEALTHY
    Healthy,
    /// UNHEALTHY
    Unhealthy,
}

impl InstanceHealth {
    /// The API's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// What Cloud Map knows of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Its id: that of its task.
    pub id: Box<str>,
    /// Where it is reached.
    pub address: Option<Ipv4Addr>,
    /// On which port; none without SRV records.
    pub port: Option<u16>,
    /// Its attributes by name.
    pub attributes: BTreeMap<&'static str, Box<str>>,
}

/// An instance, registered or not any more.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) registered: Registered,
    /// From when on it is in which health; absent is not registered. In order of time.
    history: Vec<(Time, Option<InstanceHealth>)>,
    /// A change of health that takes effect then.
    pending: Option<(Time, InstanceHealth)>,
}

impl Member {
    /// An instance that is registered, in the health that it begins with.
    pub(super) fn new(registered: Registered, since: Time, health: InstanceHealth) -> Self {
        Self { registered, history: vec![(since, Some(health))], pending: None }
    }

    /// Its health at an instant; none when it was not registered then.
    pub(super) fn health_at(&self, at: Time) -> Option<InstanceHealth> {
        let known = self.history.partition_point(|(since, _)| *since <= at);
        self.history[..known].last().and_then(|(_, health)| *health)
    }

    fn health(&self) -> Option<InstanceHealth> {
        self.history.last().and_then(|(_, health)| *health)
    }

    /// ECS tells its health. What is told again, or taken back in time, changes nothing. Answers
    /// with the instant at which a change takes effect.
    fn tell(&mut self, now: Time, told: InstanceHealth) -> Option<Time> {
        match (self.health(), self.pending) {
            (Some(health), _) if health == told => self.pending = None,
            (Some(_), None) => {
                self.pending = Some((now + HEALTH_DELAY, told));
                return Some(now + HEALTH_DELAY);
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        None
    }

    fn leave(&mut self, now: Time) {
        self.pending = None;
        if self.health().is_some() {
            self.history.push((now, None));
        }
    }

    /// A change of health that is due takes effect.
    fn settle(&mut self, now: Time) -> bool {
        let due = self.pending.take_if(|(at, _)| *at <= now);
        self.history.extend(due.map(|(at, health)| (at, Some(health))));
        due.is_some()
    }
}

/// A Cloud Map service and its instances.
#[derive(Clone, Debug)]
pub(super) struct RegistryRow {
    pub(super) config: Registry,
    /// By task, departed ones too: clients may remember them.
    pub(super) members: BTreeMap<TaskId, Member>,
    /// `InstancesRevision`: grows with every change.
    pub(super) revision: u64,
}

impl RegistryRow {
    pub(super) fn new(config: Registry) -> Self {
        Self { config, members: BTreeMap::new(), revision: 0 }
    }

    pub(super) fn register(&mut self, task: TaskId, member: Member) {
        self.members.insert(task, member);
        self.revision += 1;
    }

    pub(super) fn deregister(&mut self, task: TaskId, now: Time) {
        if let Some(member) = self.members.get_mut(&task) {
            member.leave(now);
            self.revision += 1;
        }
    }

    /// When what is told takes effect, if it changes something.
    pub(super) fn tell(&mut self, task: TaskId, now: Time, told: InstanceHealth) -> Option<Time> {
        self.members.get_mut(&task)?.tell(now, told)
    }

    pub(super) fn settle(&mut self, task: TaskId, now: Time) {
        if self.members.get_mut(&task).is_some_and(|member| member.settle(now)) {
            self.revision += 1;
        }
    }

    /// Its instances at an instant with their health, by id.
    pub(super) fn instances_at(&self, at: Time) -> Vec<(&Registered, InstanceHealth)> {
        let here = self.members.values();
        let mut here: Vec<_> =
            here.filter_map(|m| Some((&m.registered, m.health_at(at)?))).collect();
        here.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InstanceHealth::{Healthy, Unhealthy};

    fn at(seconds: i64) -> Time {
        Time::from_secs(seconds)
    }

    fn row() -> RegistryRow {
        let mut row = RegistryRow::new(Registry::default());
        row.register(TaskId::new(0), Member::new(Registered::default(), at(0), Unhealthy));
        row
    }

    fn health(row: &RegistryRow, seconds: i64) -> Option<InstanceHealth> {
        row.members[&TaskId::new(0)].health_at(at(seconds))
    }

    #[test]
    fn a_change_of_health_takes_effect_half_a_minute_later() {
        let mut row = row();
        assert_eq!(row.tell(TaskId::new(0), at(10), Healthy), Some(at(40)));
        row.settle(TaskId::new(0), at(39));
        assert_eq!(health(&row, 39), Some(Unhealthy));
        row.settle(TaskId::new(0), at(40));
        assert_eq!((health(&row, 39), health(&row, 40)), (Some(Unhealthy), Some(Healthy)));
    }

    #[test]
    fn a_change_that_is_taken_back_in_time_never_was() {
        let mut row = row();
        row.tell(TaskId::new(0), at(10), Healthy);
        assert_eq!(row.tell(TaskId::new(0), at(20), Unhealthy), None);
        row.settle(TaskId::new(0), at(40));
        assert_eq!(health(&row, 50), Some(Unhealthy));
        assert_eq!(row.tell(TaskId::new(0), at(25), Healthy), Some(at(55)), "it counts anew");
    }

    #[test]
    fn what_is_told_again_does_not_wait_anew() {
        let mut row = row();
        row.tell(TaskId::new(0), at(10), Healthy);
        assert_eq!(row.tell(TaskId::new(0), at(20), Healthy), None);
        row.settle(TaskId::new(0), at(40));
        assert_eq!(health(&row, 40), Some(Healthy));
    }

    #[test]
    fn one_that_left_is_remembered_as_it_was() {
        let mut row = row();
        row.tell(TaskId::new(0), at(10), Healthy);
        row.deregister(TaskId::new(0), at(20));
        row.settle(TaskId::new(0), at(40));
        assert_eq!((health(&row, 19), health(&row, 20)), (Some(Unhealthy), None));
        assert_eq!(health(&row, 40), None, "what was pending is void");
        assert_eq!((health(&row, -1), row.revision), (None, 2));
    }

    #[test]
    fn records_have_their_bounds() {
        let record =
            |seconds| DnsRecord { kind: RecordType::A, ttl: Some(Duration::from_secs(seconds)) };
        let of = |dns_records| Registry { dns_records, ..Registry::default() };
        assert_eq!(of(vec![record(0)]).problem(), None);
        assert_eq!(of(vec![record(2_147_483_647)]).problem(), None);
        assert!(of(vec![record(2_147_483_648)]).problem().is_some());
        assert_eq!(of(vec![record(0), record(60)]).problem().map(|(index, _)| index), Some(1));
    }
}
