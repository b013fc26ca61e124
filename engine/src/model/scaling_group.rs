//! Auto Scaling groups, and what cluster auto scaling knows of them (04 sections 1.5 and 4).

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::model::{ClusterId, InstanceId, Registration, Span, Time};

/// What an Auto Scaling group is made of (04 section 1.5), as it is given at time 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupSpec {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub name: Box<str>,
    /// Fewest instances.
    pub min: u32,
    /// Most instances.
    pub max: u32,
    /// How many instances it wants, from `min` to `max`.
    pub desired: u32,
    /// Where it launches, in the order given; never empty.
    pub zones: Vec<GroupZone>,
    /// What an instance of each of its types registers, in the order given; never empty.
    pub capacities: Vec<Capacity>,
    /// `TerminationPolicies`, in order; `Default` stands behind them anyway.
    pub policies: Vec<TerminationPolicy>,
    /// `NewInstancesProtectedFromScaleIn`.
    pub protects_new: bool,
    /// From the launch to the registration.
    pub ready: Span,
    /// What a launched instance registers; its name, zone and VPC are filled in.
    pub template: Registration,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScalingGroup {
    /// What it is made of.
    pub spec: GroupSpec,
    /// Instances under way, oldest first.
    pub launching: Vec<Launching>,
    /// Its instances that are not leaving, each with its launch time.
    pub members: BTreeMap<InstanceId, Time>,
    /// Instances in `Terminating:Wait`, while they drain.
    pub leaving: Vec<InstanceId>,
    /// Number of the last instance it launched.
    pub launched: u32,
}

impl Deref for ScalingGroup {
    type Target = GroupSpec;

    fn deref(&self) -> &GroupSpec {
        &self.spec
    }
}

/// A zone of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupZone {
    /// Its full name.
    pub name: Box<str>,
    /// The VPC of instances there.
    pub vpc: Box<str>,
}

/// An instance under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Launching {
    /// Its number in the group.
    pub number: u32,
    /// The id it will have.
    pub name: Box<str>,
    /// Position of its zone in the group.
    pub zone: usize,
    /// When it was launched.
    pub launched_at: Time,
    /// When it registers.
    pub ready_at: Time,
}

/// What an instance type offers to tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capacity {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
    /// Task network interfaces; `None` is no limit.
    pub enis: Option<u32>,
    /// How many of them with a trunk; none when it can have no trunk (02 section 3.4).
    pub trunk_enis: Option<u32>,
}

impl Capacity {
    /// Task network interfaces of an instance that registers in an account with trunking, or in
    /// one without; `None` is no limit.
    pub fn enis_with(self, trunking: bool) -> Option<u32> {
        self.trunk_enis.filter(|_| trunking).or(self.enis)
    }
}

/// How a group chooses the instance that goes (04 section 1.5). Zones are balanced first anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TerminationPolicy {
    /// The one launched first.
    OldestInstance,
    /// The one launched last.
    NewestInstance,
    /// The oldest launch template, then the next billing hour.
    Default,
    /// The oldest launch template: all instances of a group have one.
    OldestLaunchTemplate,
    /// The one closest to its next billing hour.
    ClosestToNextInstanceHour,
}

impl TerminationPolicy {
    /// By Amazon's name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "OldestInstance" => Self::OldestInstance,
            "NewestInstance" => Self::NewestInstance,
            "Default" => Self::Default,
            "OldestLaunchTemplate" => Self::OldestLaunchTemplate,
            "ClosestToNextInstanceHour" => Self::ClosestToNextInstanceHour,
            _ => return None,
        })
    }

    /// Amazon's names.
    pub const NAMES: [&'static str; 5] = [
        "OldestInstance",
        "NewestInstance",
        "Default",
        "OldestLaunchTemplate",
        "ClosestToNextInstanceHour",
    ];
}

/// A data point of `CapacityProviderReservation` (04 section 4.1): an exact fraction, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reservation {
    /// N: ACTIVE instances of the provider.
    pub instances: u32,
    /// M: instances needed.
    pub needed: u32,
    /// Above the line.
    pub numerator: u64,
    /// Below it; never 0.
    pub denominator: u64,
}

impl Reservation {
    /// Hundredths of a percent, rounded half even, to be shown (04 sections 0 and 9.3). Nothing is
    /// decided by it.
    pub fn hundredths(&self) -> u64 {
        let (exact, below) = (100 * self.numerator, self.denominator);
        let (whole, rest) = (exact / below, exact % below);
        match (2 * rest).cmp(&below) {
            std::cmp::Ordering::Less => whole,
            std::cmp::Ordering::Equal => whole + whole % 2,
            std::cmp::Ordering::Greater => whole + 1,
        }
    }

    /// How it compares with a whole number of percent.
    pub fn cmp_percent(&self, percent: u32) -> std::cmp::Ordering {
        self.numerator.cmp(&(u64::from(percent) * self.denominator))
    }
}

/// What cluster auto scaling remembers of a provider in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ManagedScalingState {
    /// Data points below the target in a row: AlarmLow is at 15.
    pub low: u32,
    /// No scale-in before this instant.
    pub blocked_until: Option<Time>,
    /// The newest data point.
    pub newest: Option<Reservation>,
}

impl ScalingGroup {
    /// Instances that are there or under way, those leaving aside.
    pub fn live(&self) -> u32 {
        u32::try_from(self.members.len() + self.launching.len()).unwrap_or(u32::MAX)
    }

    /// The instance of a number, under way.
    pub fn launching(&self, number: u32) -> Option<&Launching> {
        self.launching.iter().find(|launching| launching.number == number)
    }

    /// What an instance under way registers.
    pub fn registration(&self, launching: &Launching) -> Registration {
        let zone = &self.zones[launching.zone];
        Registration {
            name: launching.name.clone(),
            zone: zone.name.clone(),
            vpc: zone.vpc.clone(),
            ..self.template.clone()
        }
    }

    /// Whether an instance was launched less than a warm-up ago.
    pub fn is_warming_up(&self, now: Time, warmup: Span) -> bool {
        let launches = self.launching.iter().map(|launching| launching.launched_at);
        launches.chain(self.members.values().copied()).any(|at| now.since(at) < warmup)
    }
}
