//! Cloud Map: all its services, and what it answers to those who ask (02 section 5.3).

use std::collections::{BTreeMap, BTreeSet};

use stowplan_engine::api::TieBreak;
use stowplan_engine::model::{TaskId, Time};
use stowplan_engine::rng::{Rng, Stream};

use super::registry::{
    InstanceHealth, Member, RecordType, Registered, Registry, RegistryRow, RoutingPolicy,
};

/// An answer of DNS names so many instances at most (02 section 5.3).
const MOST_ANSWERED: usize = 8;

/// A Cloud Map service by its position.
pub(super) type RegistryId = usize;

/// All Cloud Map services.
#[derive(Clone, Debug, Default)]
pub(super) struct CloudMap {
    seed: u64,
    /// By name: those of the scenario.
    by_name: BTreeMap<Box<str>, RegistryId>,
    /// By namespace and name: those of Service Connect.
    connected: BTreeMap<(Box<str>, Box<str>), RegistryId>,
    rows: Vec<RegistryRow>,
    /// Where each task is registered.
    memberships: BTreeMap<TaskId, Vec<RegistryId>>,
    /// When changes of health take effect; one that was taken back since then does nothing.
    changes: BTreeSet<(Time, RegistryId, TaskId)>,
}

/// A question to DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsQuestion<'q> {
    /// The name that is asked for.
    pub name: &'q str,
    /// What is asked for.
    pub kind: RecordType,
    /// When the client asks now, or when it first asked: it keeps an answer for its TTL and asks
    /// again when that is over.
    pub asked_at: Time,
}

impl CloudMap {
    pub(super) fn new(registries: Vec<Registry>, seed: u64) -> Self {
        let mut all = Self { seed, ..Self::default() };
        for registry in registries {
            all.by_name.insert(registry.name.clone(), all.rows.len());
            all.rows.push(RegistryRow::new(registry));
        }
        all
    }

    /// A service by name or ARN.
    pub(super) fn find(&self, reference: &str) -> Option<RegistryId> {
        self.by_name.get(registry_name(reference)).copied()
    }

    /// What Service Connect keeps of a discovery name.
    pub(super) fn connected(&mut self, namespace: &str, name: &str) -> RegistryId {
        let key = (namespace.into(), name.into());
        if let Some(&known) = self.connected.get(&key) {
            return known;
        }
        let config =
            Registry { name: name.into(), namespace: namespace.into(), ..Registry::default() };
        self.rows.push(RegistryRow::new(config));
        self.connected.insert(key, self.rows.len() - 1);
        self.rows.len() - 1
    }

    pub(super) fn config(&self, registry: RegistryId) -> &Registry {
        &self.rows[registry].config
    }

    pub(super) fn register(&mut self, registry: RegistryId, task: TaskId, member: Member) {
        self.rows[registry].register(task, member);
        self.memberships.entry(task).or_default().push(registry);
    }

    /// A task is in none of them any more.
    pub(super) fn deregister(&mut self, task: TaskId, now: Time) {
        for registry in self.memberships.remove(&task).unwrap_or_default() {
            self.rows[registry].deregister(task, now);
        }
    }

    /// ECS tells how a task is.
    pub(super) fn tell(&mut self, task: TaskId, now: Time, health: InstanceHealth) {
        for &registry in self.memberships.get(&task).into_iter().flatten() {
            let takes_effect = self.rows[registry].tell(task, now, health);
            self.changes.extend(takes_effect.map(|at| (at, registry, task)));
        }
    }

    /// Changes of health that are due take effect.
    pub(super) fn settle(&mut self, now: Time) {
        while let Some(&(at, registry, task)) = self.changes.first()
            && at <= now
        {
            self.changes.pop_first();
            self.rows[registry].settle(task, at);
        }
    }

    pub(super) fn next_due(&self) -> Option<Time> {
        self.changes.first().map(|(at, ..)| *at)
    }

    /// Names that DNS knows, in order: `<service>.<namespace>`.
    pub(super) fn dns_names(&self) -> Vec<String> {
        self.by_name.values().map(|&registry| self.rows[registry].config.dns_name()).collect()
    }

    /// What a client has as the answer of DNS at an instant; none when no service has that name.
    pub(super) fn answer(
        &self,
        question: &DnsQuestion<'_>,
        now: Time,
        tie_break: TieBreak,
    ) -> Option<Vec<String>> {
        let name = question.name.strip_suffix('.').unwrap_or(question.name);
        self.by_name.values().find_map(|&registry| {
            let row = &self.rows[registry];
            let own = row.config.dns_name();
            if name.eq_ignore_ascii_case(&own) {
                return Some(row.answer(self.seed, tie_break, question, now));
            }
            let (id, of) = name.split_once('.')?;
            of.eq_ignore_ascii_case(&own).then(|| row.address_of(id, question, now))
        })
    }

    /// The instances of a service by namespace and name; an absent one is not known.
    pub(super) fn discover(
        &self,
        namespace: &str,
        name: &str,
        now: Time,
    ) -> Result<(u64, Vec<(&Registered, InstanceHealth)>), Unknown> {
        let mut here = self.rows.iter().filter(|row| *row.config.namespace == *namespace);
        if here.clone().next().is_none() {
            return Err(Unknown::Namespace);
        }
        let row = here.find(|row| *row.config.name == *name).ok_or(Unknown::Service)?;
        Ok((row.revision, row.instances_at(now)))
    }

    /// Healthy instances behind a discovery name of Service Connect.
    pub(super) fn endpoints(&self, namespace: &str, name: &str, now: Time) -> Vec<&Registered> {
        let key = (namespace.into(), name.into());
        let Some(&registry) = self.connected.get(&key) else { return Vec::new() };
        let instances = self.rows[registry].instances_at(now).into_iter();
        let healthy = instances.filter(|(_, health)| *health == InstanceHealth::Healthy);
        healthy.map(|(registered, _)| registered).collect()
    }
}

/// What DiscoverInstances does not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// NamespaceNotFound
    Namespace,
    /// ServiceNotFound
    Service,
}

impl RegistryRow {
    /// What a client has: an answer is kept for the TTL of its record.
    fn answer(
        &self,
        seed: u64,
        tie_break: TieBreak,
        question: &DnsQuestion<'_>,
        now: Time,
    ) -> Vec<String> {
        let Some(at) = self.resolved_at(question, question.kind, now) else { return Vec::new() };
        let instances = self.chosen(at, |count, limit| match tie_break {
            TieBreak::LowestId => (0..limit).collect(),
            TieBreak::Seeded => {
                let kind = question.kind.as_str();
                let key = format!("{}/{kind}/{}", self.config.dns_name(), at.0);
                sample(&mut Rng::for_key(seed, Stream::Answers, &key), count, limit)
            }
        });
        let line = |instance: &Registered| match question.kind {
            RecordType::A => instance.address.map(|address| address.to_string()),
            RecordType::Aaaa => None,
            RecordType::Srv => {
                let own = self.config.dns_name();
                instance.port.map(|port| format!("1 1 {port} {}.{own}", instance.id))
            }
        };
        instances.into_iter().filter_map(line).collect()
    }

    /// The address behind a name that SRV records lead to.
    fn address_of(&self, id: &str, question: &DnsQuestion<'_>, now: Time) -> Vec<String> {
        let resolved = self.resolved_at(question, RecordType::Srv, now);
        let Some(at) = resolved.filter(|_| question.kind == RecordType::A) else {
            return Vec::new();
        };
        let mut here = self.instances_at(at).into_iter();
        let found = here.find(|(instance, _)| instance.id.eq_ignore_ascii_case(id));
        let address = found.and_then(|(instance, _)| instance.address);
        address.into_iter().map(|address| address.to_string()).collect()
    }

    /// When the client last asked; none when there are no records of the type.
    fn resolved_at(&self, question: &DnsQuestion<'_>, kind: RecordType, now: Time) -> Option<Time> {
        let ttl = self.config.ttl(kind)?;
        let since = now.since(question.asked_at).0;
        let kept_for = since.checked_rem(ttl.0).unwrap_or(0);
        Some(Time(now.0.saturating_sub_unsigned(kept_for)))
    }

    /// Healthy instances, or all of them when none is; as many as the policy allows. Which of too
    /// many is up to `choose`.
    fn chosen(&self, at: Time, choose: impl Fn(usize, usize) -> Vec<usize>) -> Vec<&Registered> {
        let limit = match self.config.routing_policy {
            RoutingPolicy::Multivalue => MOST_ANSWERED,
            RoutingPolicy::Weighted => 1,
        };
        let mut pool = self.instances_at(at);
        if pool.iter().any(|(_, health)| *health == InstanceHealth::Healthy) {
            pool.retain(|(_, health)| *health == InstanceHealth::Healthy);
        }
        let picked = match pool.len() {
            count if count > limit => choose(count, limit),
            count => (0..count).collect(),
        };
        picked.into_iter().map(|index| pool[index].0).collect()
    }
}

/// So many different positions below a count, each set as likely, in order.
fn sample(rng: &mut Rng, count: usize, wanted: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..count).collect();
    let mut drawn: Vec<usize> =
        (0..wanted).map(|_| left.swap_remove(rng.pick(left.len()))).collect();
    drawn.sort_unstable();
    drawn
}

/// The name in `arn:…:service/<name>`, or the name itself.
pub(crate) fn registry_name(reference: &str) -> &str {
    let rest = reference.split_once(":service/").map_or(reference, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
