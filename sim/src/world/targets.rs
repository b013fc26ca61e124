//! Target groups of load balancers: their configuration, their targets and who gets how much of
//! the requests (02 section 7).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use stowplan_engine::api::{Input, Setup, setup};
use stowplan_engine::model::{Span, TargetState, TaskId, Time, ZoneId};

use super::behavior_values::ProbeResult;
use super::probe::{ProbeRules, Prober};
use crate::document::Duration;

/// A target group, as the scenario gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetGroup {
    /// Its name.
    pub name: Box<str>,
    /// Of which kind of load balancer.
    #[serde(rename = "type", default)]
    pub kind: LoadBalancerKind,
    /// What its targets are; what the service needs when absent.
    pub target_type: Option<TargetType>,
    /// Protocol of its checks: `HTTP` or `TCP` when absent, by the kind.
    pub protocol: Option<Box<str>>,
    /// From the start of a probe to the start of the next; 5 to 300, default 30.
    pub health_check_interval_seconds: Option<u32>,
    /// 2 to 120; default 5 for HTTP of an Application Load Balancer, otherwise 10, or 6 for HTTP.
    pub health_check_timeout_seconds: Option<u32>,
    /// 2 to 10, default 5.
    pub healthy_threshold_count: Option<u32>,
    /// 2 to 10, default 2.
    pub unhealthy_threshold_count: Option<u32>,
    /// 0 s to 3600 s, default 300 s.
    pub deregistration_delay: Option<Duration>,
    /// 0 s, or 30 s to 900 s; default 0 s.
    pub slow_start: Option<Duration>,
    /// Zones of its load balancer; all when absent.
    pub availability_zones: Option<Vec<Box<str>>>,
}

/// Which load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadBalancerKind {
    /// Application Load Balancer.
    #[default]
    Application,
    /// Network Load Balancer.
    Network,
}

/// What the targets of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetType {
    /// Addresses of task interfaces.
    Ip,
    /// Host ports of instances.
    Instance,
}

impl TargetGroup {
    /// What the control plane knows of it: its target type, if it is given.
    pub(crate) fn setup(&self) -> Option<Input> {
        let target_type = match self.target_type? {
            TargetType::Ip => setup::TargetType::Ip,
            TargetType::Instance => setup::TargetType::Instance,
        };
        Some(Input::Setup(Setup::TargetGroup { name: self.name.clone(), target_type }))
    }

    /// A group with defaults.
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The first setting that is out of its bounds (02 section 7.2), and why.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let outside = |value: Option<u32>, min, max| value.is_some_and(|v| v < min || v > max);
        if outside(self.health_check_interval_seconds, 5, 300) {
            return Some(("healthCheckIntervalSeconds", "must be from 5 to 300"));
        }
        if outside(self.health_check_timeout_seconds, 2, 120) {
            return Some(("healthCheckTimeoutSeconds", "must be from 2 to 120"));
        }
        if outside(self.healthy_threshold_count, 2, 10) {
            return Some(("healthyThresholdCount", "must be from 2 to 10"));
        }
        if outside(self.unhealthy_threshold_count, 2, 10) {
            return Some(("unhealthyThresholdCount", "must be from 2 to 10"));
        }
        if self.delay() > Span::from_secs(3600) {
            return Some(("deregistrationDelay", "must be from 0s to 3600s"));
        }
        let slow = self.slow_start().as_secs();
        if slow != 0 && !(30..=900).contains(&slow) {
            return Some(("slowStart", "must be 0s, or from 30s to 900s"));
        }
        if slow != 0 && self.kind == LoadBalancerKind::Network {
            return Some(("slowStart", "is for target groups of type application"));
        }
        self.protocol_problem().or_else(|| self.timeout_problem())
    }

    fn protocol_problem(&self) -> Option<(&'static str, &'static str)> {
        let (known, problem): (&[&str], _) = match self.kind {
            LoadBalancerKind::Application => (&["HTTP", "HTTPS"], "must be HTTP or HTTPS"),
            LoadBalancerKind::Network => (
                &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"],
                "must be HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP",
            ),
        };
        let given = self.protocol.as_deref()?;
        let is_known = known.iter().any(|name| name.eq_ignore_ascii_case(given));
        (!is_known).then_some(("protocol", problem))
    }

    /// A probe ends before the next one begins. Network Load Balancers are given intervals below
    /// their default timeout, which is left to them.
    fn timeout_problem(&self) -> Option<(&'static str, &'static str)> {
        let rules = self.probe_rules(false);
        let is_given = self.health_check_timeout_seconds.is_some();
        let checked = is_given || self.kind == LoadBalancerKind::Application;
        let problem = "must be longer than healthCheckTimeoutSeconds";
        match checked && rules.timeout >= rules.interval {
            true if is_given => {
                let problem = "must be shorter than healthCheckIntervalSeconds";
                Some(("healthCheckTimeoutSeconds", problem))
            }
            true => Some(("healthCheckIntervalSeconds", problem)),
            false => None,
        }
    }

    /// How long its targets drain.
    pub fn delay(&self) -> Span {
        self.deregistration_delay.map_or(Span::from_secs(300), |delay| Span(delay.millis()))
    }

    /// How long a new target takes to get its full share.
    pub fn slow_start(&self) -> Span {
        self.slow_start.map_or(Span::ZERO, |slow| Span(slow.millis()))
    }

    fn is_http(&self) -> bool {
        let protocol = self.protocol.as_deref();
        protocol.is_some_and(|name| name.eq_ignore_ascii_case("http"))
    }

    fn checks_http(&self) -> bool {
        let protocol = self.protocol.as_deref();
        self.is_http() || protocol.is_some_and(|name| name.eq_ignore_ascii_case("https"))
    }

    pub(super) fn probe_rules(&self, new_needs_threshold: bool) -> ProbeRules {
        let application = self.kind == LoadBalancerKind::Application;
        let timeout = match (application, self.is_http()) {
            (true, _) => 5,
            (false, true) => 6,
            (false, false) => 10,
        };
        let seconds =
            |given: Option<u32>, default: u32| Span::from_secs(given.unwrap_or(default).into());
        let healthy = self.healthy_threshold_count.unwrap_or(5);
        ProbeRules {
            interval: seconds(self.health_check_interval_seconds.map(|s| s.max(1)), 30),
            timeout: seconds(self.health_check_timeout_seconds, timeout),
            passes_when_new: if new_needs_threshold { healthy } else { 1 },
            passes_to_recover: healthy,
            failures: self.unhealthy_threshold_count.unwrap_or(2),
            forgiven_until: Time(i64::MIN),
            from_end: false,
            // Who only opens a connection sees no code.
            passing_codes: match (application, self.checks_http()) {
                (true, _) => (200, 200),
                (false, true) => (200, 399),
                (false, false) => (0, u16::MAX),
            },
            tells_failures: true,
            tells_first: true,
        }
    }

    /// Whether its load balancer serves a zone; a single letter means that zone of any region.
    pub(super) fn serves(&self, zone: &str) -> bool {
        self.availability_zones.as_ref().is_none_or(|zones| {
            zones.iter().any(|own| **own == *zone || (own.len() == 1 && zone.ends_with(&**own)))
        })
    }
}

/// A target: one task in one of the groups of its service.
#[derive(Clone, Debug)]
pub struct WorldTarget {
    pub(super) group: usize,
    /// Position of the container behind it.
    pub(super) container: usize,
    pub(super) container_port: u16,
    pub(super) state: Option<TargetState>,
    pub(super) prober: Option<Prober>,
    /// When its state changes next.
    pub(super) due: Time,
    pub(super) port: u16,
    pub(super) zone: Option<ZoneId>,
}

/// A probe of a target that failed, while it takes more of them to make the target unhealthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingProbe {
    /// The task.
    pub task: TaskId,
    /// The target group.
    pub group: Box<str>,
    /// How many failed in a row.
    pub failures: u32,
    /// How many make it unhealthy.
    pub of: u32,
    /// How it failed.
    pub text: Box<str>,
}

impl WorldTarget {
    /// Its state; none before it is registered and after it has drained.
    pub fn state(&self) -> Option<TargetState> {
        self.state
    }

    /// The port that gets its requests: the host port, or in awsvpc mode the container's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Why it is not healthy, as DescribeTargetHealth has it (02 section 7.3).
    pub fn code(&self) -> Option<&'static str> {
        match self.state? {
            TargetState::Healthy => None,
            TargetState::Initial if self.prober.is_none() => Some("Elb.RegistrationInProgress"),
            TargetState::Initial => Some("Elb.InitialHealthChecking"),
            TargetState::Unhealthy => self.prober.map(|prober| failure_code(prober.failure())),
            TargetState::Unused => Some("Target.NotInUse"),
            TargetState::Draining => Some("Target.DeregistrationInProgress"),
        }
    }

    /// Why it is not healthy, in the words of the service event (02 section 7.4).
    pub fn reason(&self) -> Option<Box<str>> {
        match self.state? {
            TargetState::Unused => Some(ZONE_OFF.into()),
            TargetState::Unhealthy => {
                self.prober.map(|prober| failure_text(prober.failure()).into())
            }
            TargetState::Initial | TargetState::Healthy | TargetState::Draining => None,
        }
    }
}

const ZONE_OFF: &str =
    "Target is in an Availability Zone that is not enabled for the load balancer";

fn failure_code(failure: ProbeResult) -> &'static str {
    match failure {
        ProbeResult::Code(_) => "Target.ResponseCodeMismatch",
        ProbeResult::Hang => "Target.Timeout",
        ProbeResult::Fail | ProbeResult::Pass => "Target.FailedHealthChecks",
    }
}

pub(super) fn failure_text(failure: ProbeResult) -> String {
    match failure {
        ProbeResult::Code(code) => format!("Health checks failed with these codes: [{code}]"),
        ProbeResult::Hang => "Request timed out".to_owned(),
        ProbeResult::Fail | ProbeResult::Pass => "Health checks failed".to_owned(),
    }
}

/// A target by its task and the position of the load balancer in the service.
pub(super) type TargetKey = (TaskId, usize);

/// All target groups.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetGroups {
    by_name: BTreeMap<Box<str>, usize>,
    rows: Vec<GroupRow>,
}

/// A target group and who is in it.
#[derive(Clone, Debug)]
pub(super) struct GroupRow {
    pub(super) config: TargetGroup,
    pub(super) rules: ProbeRules,
    pub(super) counts: TargetCounts,
    pub(super) members: BTreeSet<TargetKey>,
    healthy: BTreeMap<TargetKey, Healthy>,
}

/// A healthy target.
#[derive(Clone, Copy, Debug)]
struct Healthy {
    since: Time,
    /// It gets its share slowly.
    slowly: bool,
}

/// Targets of a group by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetCounts {
    /// Registered, not judged.
    pub initial: u32,
    /// Pass their checks.
    pub healthy: u32,
    /// Fail them.
    pub unhealthy: u32,
    /// In a zone that the load balancer does not serve.
    pub unused: u32,
    /// Deregistered, connections may finish.
    pub draining: u32,
}

impl TargetCounts {
    fn of(&mut self, state: TargetState) -> &mut u32 {
        match state {
            TargetState::Initial => &mut self.initial,
            TargetState::Healthy => &mut self.healthy,
            TargetState::Unhealthy => &mut self.unhealthy,
            TargetState::Unused => &mut self.unused,
            TargetState::Draining => &mut self.draining,
        }
    }
}

impl TargetGroups {
    pub(super) fn new(groups: Vec<TargetGroup>, new_needs_threshold: bool) -> Self {
        let mut all = Self::default();
        for group in groups {
            all.add(group, new_needs_threshold);
        }
        all
    }

    fn add(&mut self, config: TargetGroup, new_needs_threshold: bool) -> usize {
        let index = self.rows.len();
        self.by_name.insert(config.name.clone(), index);
        let rules = config.probe_rules(new_needs_threshold);
        let (counts, members) = (TargetCounts::default(), BTreeSet::new());
        self.rows.push(GroupRow { config, rules, counts, members, healthy: BTreeMap::new() });
        index
    }

    /// The group of a load balancer, by name or ARN; one that nobody gave has the defaults.
    pub(super) fn find_or_add(&mut self, reference: &str, new_needs_threshold: bool) -> usize {
        let name = group_name(reference);
        match self.by_name.get(name) {
            Some(&index) => index,
            None => self.add(TargetGroup::named(name), new_needs_threshold),
        }
    }

    pub(super) fn find(&self, reference: &str) -> Option<&GroupRow> {
        self.by_name.get(group_name(reference)).map(|&index| &self.rows[index])
    }

    /// By name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &GroupRow> {
        self.by_name.values().map(|&index| &self.rows[index])
    }

    pub(super) fn row(&self, index: usize) -> &GroupRow {
        &self.rows[index]
    }

    /// A target goes from one state to another; absent is not registered.
    pub(super) fn moved(
        &mut self,
        key: TargetKey,
        target: &mut WorldTarget,
        to: Option<TargetState>,
        now: Time,
    ) {
        let row = &mut self.rows[target.group];
        if let Some(from) = target.state {
            *row.counts.of(from) -= 1;
        }
        row.healthy.remove(&key);
        match to {
            Some(state) => {
                *row.counts.of(state) += 1;
                row.members.insert(key);
                if state == TargetState::Healthy {
                    let slowly = row.begins_slowly(now);
                    row.healthy.insert(key, Healthy { since: now, slowly });
                }
            }
            None => {
                row.members.remove(&key);
            }
        }
        target.state = to;
    }

    /// A target that was healthy long ago gets its full share.
    pub(super) fn skip_slow_start(&mut self, key: TargetKey, group: usize) {
        if let Some(healthy) = self.rows[group].healthy.get_mut(&key) {
            healthy.slowly = false;
        }
    }
}

impl GroupRow {
    /// Whether a target that becomes healthy now begins slowly: another one must be past it. Those
    /// that become healthy at one instant are the first together.
    fn begins_slowly(&self, now: Time) -> bool {
        let duration = self.config.slow_start();
        duration != Span::ZERO
            && self.config.kind == LoadBalancerKind::Application
            && self
                .healthy
                .values()
                .any(|other| other.since < now && (!other.slowly || other.since + duration <= now))
    }

    /// The weight of a healthy target against 1 of one that is past its slow start.
    pub(super) fn weight(&self, key: TargetKey, now: Time) -> f64 {
        let duration = self.config.slow_start();
        match self.healthy.get(&key) {
            None => 0.0,
            Some(healthy) if !healthy.slowly || healthy.since + duration <= now => 1.0,
            // Milliseconds of at most an hour: exact in a double.
            Some(healthy) => now.since(healthy.since).0 as f64 / duration.0 as f64,
        }
    }
}

/// The name in `arn:…:targetgroup/<name>/<id>`, or the name itself.
pub(super) fn group_name(reference: &str) -> &str {
    let mut segments = reference.split('/');
    match (segments.next(), segments.next()) {
        (Some(head), Some(name)) if head.ends_with("targetgroup") => name,
        _ => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_its_arn_too() {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123abc";
        assert_eq!(group_name(arn), "web");
        assert_eq!(group_name("web"), "web");
    }

    #[test]
    fn timeouts_follow_kind_and_protocol() {
        let timeout = |kind, protocol: Option<&str>| {
            let protocol = protocol.map(Into::into);
            let group = TargetGroup { kind, protocol, ..TargetGroup::named("tg") };
            group.probe_rules(false).timeout.as_secs()
        };
        assert_eq!(timeout(LoadBalancerKind::Application, None), 5);
        assert_eq!(timeout(LoadBalancerKind::Network, None), 10);
        assert_eq!(timeout(LoadBalancerKind::Network, Some("HTTP")), 6);
    }

    #[test]
    fn bounds_of_the_settings() {
        let interval =
            TargetGroup { health_check_interval_seconds: Some(4), ..TargetGroup::named("tg") };
        assert_eq!(interval.problem().map(|(field, _)| field), Some("healthCheckIntervalSeconds"));
        let slow =
            TargetGroup { slow_start: Some(Duration::from_secs(29)), ..TargetGroup::named("tg") };
        assert_eq!(slow.problem().map(|(field, _)| field), Some("slowStart"));
        assert_eq!(TargetGroup::named("tg").problem(), None);
    }

    /// What is wrong with a group that the scenario gives in its own words.
    fn problem_of(group: serde_json::Value) -> Option<&'static str> {
        let mut group = group;
        group["name"] = "tg".into();
        let group: TargetGroup = serde_json::from_value(group).expect("a target group");
        group.problem().map(|(field, _)| field)
    }

    #[test]
    fn a_probe_ends_before_the_next_one_begins() {
        use serde_json::json;
        let given = |kind: &str, interval: u32, timeout: u32| {
            problem_of(json!({ "type": kind, "healthCheckIntervalSeconds": interval,
                "healthCheckTimeoutSeconds": timeout }))
        };
        for kind in ["application", "network"] {
            assert_eq!(given(kind, 10, 9), None);
            assert_eq!(given(kind, 10, 10), Some("healthCheckTimeoutSeconds"));
            assert_eq!(given(kind, 10, 11), Some("healthCheckTimeoutSeconds"));
        }
        let long = json!({ "healthCheckTimeoutSeconds": 30 });
        assert_eq!(problem_of(long), Some("healthCheckTimeoutSeconds"), "the interval is 30 s");
        let short = json!({ "healthCheckIntervalSeconds": 5 });
        assert_eq!(problem_of(short), Some("healthCheckIntervalSeconds"), "the timeout is 5 s");
        let network = json!({ "type": "network", "healthCheckIntervalSeconds": 5 });
        assert_eq!(problem_of(network), None, "its default timeout is left to it");
    }

    #[test]
    fn each_kind_of_load_balancer_has_its_own_settings() {
        use serde_json::json;
        assert_eq!(problem_of(json!({ "slowStart": 30 })), None);
        let slow = json!({ "type": "network", "slowStart": 30 });
        assert_eq!(problem_of(slow), Some("slowStart"));
        assert_eq!(problem_of(json!({ "type": "network", "slowStart": 0 })), None);
        assert_eq!(problem_of(json!({ "protocol": "https" })), None);
        assert_eq!(problem_of(json!({ "protocol": "TCP" })), Some("protocol"));
        assert_eq!(problem_of(json!({ "type": "network", "protocol": "TCP" })), None);
        assert_eq!(problem_of(json!({ "type": "network", "protocol": "GRPC" })), Some("protocol"));
    }

    #[test]
    fn codes_that_pass_follow_kind_and_protocol() {
        let codes = |kind, protocol: Option<&str>| {
            let protocol = protocol.map(Into::into);
            let group = TargetGroup { kind, protocol, ..TargetGroup::named("tg") };
            group.probe_rules(false).passing_codes
        };
        assert_eq!(codes(LoadBalancerKind::Application, Some("HTTPS")), (200, 200));
        assert_eq!(codes(LoadBalancerKind::Network, Some("HTTP")), (200, 399));
        let tcp = codes(LoadBalancerKind::Network, None);
        assert!((tcp.0..=tcp.1).contains(&500), "a connection is all that is asked for");
    }

    #[test]
    fn zones_by_letter_or_full_name() {
        let zones = |zones: &[&str]| TargetGroup {
            availability_zones: Some(zones.iter().map(|&zone| zone.into()).collect()),
            ..TargetGroup::named("tg")
        };
        assert!(zones(&["a", "b"]).serves("us-east-1b"));
        assert!(!zones(&["us-east-1a"]).serves("us-east-1b"));
        assert!(TargetGroup::named("tg").serves("eu-west-1c"));
    }
}
