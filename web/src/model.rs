//! What the page knows of the cluster: the newest frame and what earlier frames told once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::words;
use crate::worker::protocol::{
    Definition, Frame, Host, HostState, HostStatus, Service, Summary, Task, TaskStatus,
};

/// Ids of tasks by their key. Keys are never used twice in a run, so it only grows.
#[derive(Debug, Clone, Default)]
pub struct Names(Rc<RefCell<BTreeMap<u32, Rc<str>>>>);

impl Names {
    fn learn(&self, names: &[(u32, String)]) {
        let known = names.iter().map(|(key, id)| (*key, Rc::from(id.as_str())));
        self.0.borrow_mut().extend(known);
    }

    #[must_use]
    pub fn id(&self, key: u32) -> Rc<str> {
        self.0.borrow().get(&key).cloned().unwrap_or_else(|| key.to_string().into())
    }

    #[must_use]
    pub fn key(&self, id: &str) -> Option<u32> {
        self.0.borrow().iter().find(|(_, known)| known.as_ref() == id).map(|(key, _)| *key)
    }
}

/// How a service looks: its hue (1 to 6; 0 for standalone tasks), its code of two letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    pub hue: u8,
    pub code: Rc<str>,
    /// From the seventh service the hue comes again, and a second outline tells them apart.
    pub again: bool,
}

/// The cluster at the instant on the screen. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Board {
    pub summary: Rc<Summary>,
    pub frame: Rc<Frame>,
    pub hosts: Rc<Vec<Host>>,
    pub definitions: Rc<Vec<Definition>>,
    pub names: Names,
    /// The scenario as JSON, edits included.
    pub document: Rc<str>,
    badges: Rc<Vec<Badge>>,
    /// Rank of a definition among those its service has, newest 0.
    ages: Rc<BTreeMap<(Option<u16>, u16), u8>>,
}

impl PartialEq for Board {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.frame, &other.frame) && Rc::ptr_eq(&self.summary, &other.summary)
    }
}

impl Board {
    /// The board of a scenario just taken, before its first frame.
    #[must_use]
    pub fn new(mut summary: Summary) -> Self {
        let document = std::mem::take(&mut summary.document).into();
        let frame = Frame { until_ms: summary.until_ms, ..Frame::default() };
        Self { summary: Rc::new(summary), frame: Rc::new(frame), document, ..Self::default() }
    }

    /// The board after this frame.
    #[must_use]
    pub fn with(&self, mut frame: Frame) -> Self {
        let mut next = self.clone();
        if frame.fresh {
            next.names = Names::default();
        }
        next.names.learn(&frame.names);
        if let Some(hosts) = frame.hosts.take() {
            next.hosts = Rc::new(hosts);
        }
        if let Some(definitions) = frame.definitions.take() {
            next.definitions = Rc::new(definitions);
        }
        // A host the tables do not name cannot be drawn; the engine always sends both together.
        frame.host_states.truncate(next.hosts.len());
        let known = |badges: &[Badge]| badges.len() == frame.services.len();
        if frame.fresh || !known(&next.badges) {
            next.badges = Rc::new(badges(&frame.services));
        }
        next.ages = Rc::new(ages(&frame));
        next.frame = Rc::new(frame);
        next
    }

    /// The document changed by an edit; all else stays.
    pub fn replace_document(&mut self, document: String) {
        self.document = document.into();
    }

    /// Instances that are (still) part of the cluster, with their index.
    pub fn live_hosts(&self) -> impl Iterator<Item = (u32, &Host, &HostState)> {
        (0u32..)
            .zip(self.hosts.iter().zip(&self.frame.host_states))
            .filter(|(_, (_, state))| state.status != HostStatus::Gone)
            .map(|(index, (host, state))| (index, host, state))
    }

    #[must_use]
    pub fn task(&self, key: u32) -> Option<&Task> {
        let at = self.frame.tasks.binary_search_by_key(&key, |task| task.key).ok()?;
        self.frame.tasks.get(at)
    }

    #[must_use]
    pub fn badge(&self, service: Option<u16>) -> Badge {
        let known = service.and_then(|index| self.badges.get(usize::from(index)));
        known.cloned().unwrap_or_else(|| Badge { hue: 0, code: "run".into(), again: false })
    }

    /// 0 for the newest definition of the service, 1 for the one before, 2 for all older ones.
    #[must_use]
    pub fn age(&self, service: Option<u16>, definition: u16) -> u8 {
        self.ages.get(&(service, definition)).copied().unwrap_or(0).min(2)
    }

    #[must_use]
    pub fn revision(&self, definition: u16) -> u32 {
        self.definitions.get(usize::from(definition)).map_or(0, |known| known.revision)
    }

    /// `web:2`.
    #[must_use]
    pub fn definition_name(&self, definition: u16) -> String {
        self.definitions
            .get(usize::from(definition))
            .map_or_else(String::new, |known| format!("{}:{}", known.family, known.revision))
    }

    #[must_use]
    pub fn service(&self, index: u16) -> Option<&Service> {
        self.frame.services.get(usize::from(index))
    }

    /// Rows for the revisions of a service: two, or three where its family has so many, so that
    /// nothing moves when the third begins to run.
    #[must_use]
    pub fn revision_rows(&self, service: u16) -> usize {
        let runs = self.service(service).and_then(|service| service.deployments.first());
        let own = runs.and_then(|run| self.definitions.get(usize::from(run.definition)));
        let Some(own) = own else { return 2 };
        let alike = self.definitions.iter().filter(|known| known.family == own.family);
        alike.count().clamp(2, 3)
    }

    /// `web 0042`: whose task it is, and the short form of its id.
    #[must_use]
    pub fn task_name(&self, task: &Task) -> String {
        let id = self.names.id(task.key);
        [&self.owner_name(task), " ", words::short_id(&id)].concat()
    }

    /// `web`, or the family of a standalone task.
    #[must_use]
    pub fn owner_name(&self, task: &Task) -> String {
        let service = task.service.and_then(|index| self.service(index));
        service.map_or_else(
            || {
                let known = self.definitions.get(usize::from(task.definition));
                known.map_or_else(String::new, |definition| definition.family.clone())
            },
            |service| service.name.clone(),
        )
    }

    /// Where the task is: an instance, Fargate, or nowhere yet.
    #[must_use]
    pub fn place_name(&self, task: &Task) -> String {
        match task.host.and_then(|index| self.hosts.get(index as usize)) {
            Some(host) => host.id.clone(),
            None if task.fargate && task.spot => "Fargate Spot".to_owned(),
            None if task.fargate => "Fargate".to_owned(),
            None => "the waiting room".to_owned(),
        }
    }

    #[must_use]
    pub fn zone_name(&self, zone: Option<u16>) -> &str {
        let name = zone.and_then(|index| self.summary.zones.get(usize::from(index)));
        name.map_or("", String::as_str)
    }

    /// The zone a task counts in.
    #[must_use]
    pub fn zone_of(&self, task: &Task) -> Option<u16> {
        let host = task.host.and_then(|index| self.hosts.get(index as usize));
        host.map(|host| host.zone).or(task.zone)
    }

    /// `task web 4f2, revision 2, RUNNING, HEALTHY, on i-7 in us-east-1b`.
    #[must_use]
    pub fn full_name(&self, task: &Task) -> String {
        let id = self.names.id(task.key);
        let zone = self.zone_name(self.zone_of(task));
        let within = if zone.is_empty() { String::new() } else { format!(" in {zone}") };
        format!(
            "task {} {}, revision {}, {}, {}, on {}{within}",
            self.owner_name(task),
            words::short_id(&id),
            self.revision(task.definition),
            task.last_status.word(),
            task.health.word(),
            self.place_name(task),
        )
    }

    /// Running tasks, tasks on their way up, and tasks on their way out.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for task in &self.frame.tasks {
            match task.last_status {
                TaskStatus::Running => totals.running += 1,
                TaskStatus::Provisioning | TaskStatus::Pending | TaskStatus::Activating => {
                    totals.starting += 1;
                }
                TaskStatus::Deactivating | TaskStatus::Stopping | TaskStatus::Deprovisioning => {
                    totals.stopping += 1;
                }
                TaskStatus::Stopped => {}
            }
        }
        totals
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub running: u64,
    pub starting: u64,
    pub stopping: u64,
}

fn badges(services: &[Service]) -> Vec<Badge> {
    let codes = words::codes(services.iter().map(|service| service.name.as_str()));
    let badge = |(index, code): (usize, String)| Badge {
        hue: (index % 6) as u8 + 1,
        code: code.into(),
        again: index >= 6,
    };
    codes.into_iter().enumerate().map(badge).collect()
}

/// Newest means registered last: after a rollback the failed revision is still the newest.
fn ages(frame: &Frame) -> BTreeMap<(Option<u16>, u16), u8> {
    // One by one: few differ, and to collect them all would sort them all.
    let mut seen: BTreeSet<(Option<u16>, u16)> = BTreeSet::new();
    seen.extend(frame.tasks.iter().map(|task| (task.service, task.definition)));
    for (index, service) in (0u16..).zip(&frame.services) {
        seen.extend(service.deployments.iter().map(|d| (Some(index), d.definition)));
    }
    let mut ages = BTreeMap::new();
    let (mut owner, mut age) = (None, 0u8);
    for (service, definition) in seen.into_iter().rev() {
        age = if owner == Some(service) { age.saturating_add(1) } else { 0 };
        owner = Some(service);
        ages.insert((service, definition), age);
    }
    ages
}
