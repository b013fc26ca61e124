//! How the simulated world answers: the key `behavior` of a scenario.
//!
//! Entries are keyed by task id, `family:revision`, `family` or `default`; the most specific wins,
//! key by key. What nobody gives has the default of 05 section 2.3 (see [`super::latency`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use stowplan_engine::model::{Span, Time};

use super::behavior_values::{
    AwsCall, Delay, DurationRange, Exits, HealthRules, MemoryUsed, Share, StartFails,
};
use crate::document::{Decoder, Raw};

/// The key `behavior`: by task id, `family:revision`, `family` or `default`.
pub type Behaviors = BTreeMap<Box<str>, Behavior>;

/// Whether durations that nobody gives take the time of the specification, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Latency {
    /// No time.
    None,
    /// 05 section 2.3.
    Spec,
}

/// A value, and since when it holds if it was set while the scenario ran: its `after` counts from
/// then for the tasks that existed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed<T> {
    /// The value.
    pub value: T,
    /// Since when, and by which change.
    pub(super) since: Option<Since>,
}

/// A change of behaviour: the n-th, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since {
    pub(super) at: Time,
    pub(super) change: u32,
}

impl<T> Timed<T> {
    /// A value that holds from the beginning.
    pub const fn new(value: T) -> Self {
        Self { value, since: None }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Timed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// Declares the keys of a behaviour once: the fields, and what a more specific one does to them.
macro_rules! keys {
    (
        $(#[$meta:meta])* $name:ident
        plain { $($(#[$plain_meta:meta])* $plain:ident: $plain_type:ty,)* }
        timed { $($(#[$timed_meta:meta])* $timed:ident: $timed_type:ty,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$plain_meta])* pub $plain: Option<$plain_type>,)*
            $($(#[$timed_meta])* pub $timed: Option<Timed<$timed_type>>,)*
        }

        impl Overlay for $name {
            fn overlay(&mut self, other: &Self) {
                $(if other.$plain.is_some() {
                    self.$plain.overlay_with(&other.$plain);
                })*
                $(if other.$timed.is_some() {
                    self.$timed.clone_from(&other.$timed);
                })*
            }

            fn stamp(&mut self, since: Since) {
                $(if let Some(plain) = &mut self.$plain {
                    plain.stamp(since);
                })*
                $(if let Some(timed) = &mut self.$timed {
                    timed.since = Some(since);
                })*
            }
        }
    };
}

/// Something whose keys a more specific one replaces.
pub(super) trait Overlay {
    /// Takes over what the other says.
    fn overlay(&mut self, other: &Self);

    /// Everything in it was said just now.
    fn stamp(&mut self, since: Since);
}

/// [`Overlay`] of one optional key: a value is replaced as a whole, a map key by key.
trait OverlayKey {
    fn overlay_with(&mut self, other: &Self);
}

impl<T: Clone + Replace> OverlayKey for Option<T> {
    fn overlay_with(&mut self, other: &Self) {
        match (self.as_mut(), other) {
            (Some(own), Some(other)) => own.replace_with(other),
            (None, Some(other)) => *self = Some(other.clone()),
            (_, None) => {}
        }
    }
}

/// How a key takes over a more specific value.
trait Replace: Clone {
    fn replace_with(&mut self, other: &Self) {
        self.clone_from(other);
    }

    fn stamp(&mut self, _since: Since) {}
}

impl Replace for Latency {}
impl Replace for DurationRange {}
impl Replace for Delay {}
impl Replace for i32 {}
impl Replace for f64 {}
impl Replace for Share {}
impl Replace for MemoryUsed {}
impl Replace for Vec<AwsCall> {}

impl Replace for BTreeMap<Box<str>, ContainerBehavior> {
    fn replace_with(&mut self, other: &Self) {
        for (name, container) in other {
            self.entry(name.clone()).or_default().overlay(container);
        }
    }

    fn stamp(&mut self, since: Since) {
        for container in self.values_mut() {
            container.stamp(since);
        }
    }
}

keys! {
    /// One entry of `behavior`.
    Behavior
    plain {
        /// `none`: every duration that is not given is 0.
        latency: Latency,
        /// PROVISIONING: microVM or network interface.
        provision: DurationRange,
        /// Secrets and registry login.
        prepare: DurationRange,
        /// Image download and extraction, whether the host has the image or not.
        pull: DurationRange,
        /// Start of one container.
        startup: DurationRange,
        /// ACTIVATING.
        register: DurationRange,
        /// From admission by the host (on Fargate: creation) to RUNNING, in place of the five
        /// above.
        running_after: DurationRange,
        /// SIGTERM to exit; `never`: SIGKILL at `stopTimeout`.
        stop: Delay,
        /// The code a container exits with at SIGTERM.
        exit_code_on_stop: i32,
        /// DEPROVISIONING.
        detach: DurationRange,
        /// Share of requests answered with an error.
        error_rate: Share,
        /// CPU-seconds times 1000 of one request.
        cost_per_request: f64,
        /// Percent of the reserved CPU that load can use.
        max_utilisation: f64,
        /// MiB in use by the first essential container.
        memory_used: MemoryUsed,
        /// Calls that the application makes.
        aws_calls: Vec<AwsCall>,
        /// What is different for one container.
        containers: BTreeMap<Box<str>, ContainerBehavior>,
    }
    timed {
        /// Never reaches RUNNING.
        start_fails: StartFails,
        /// The first essential container ends by itself.
        exit: Exits,
        /// Probes fail until then.
        healthy_after: Delay,
        /// What a probe of the first essential container meets.
        health: HealthRules,
        /// What a probe of a load balancer meets.
        target_health: HealthRules,
    }
}

keys! {
    /// What is different for one container.
    ContainerBehavior
    plain {
        /// Start.
        startup: DurationRange,
        /// Image download and extraction.
        pull: DurationRange,
        /// SIGTERM to exit.
        stop: Delay,
        /// MiB in use.
        memory_used: MemoryUsed,
        /// The code it exits with at SIGTERM.
        exit_code_on_stop: i32,
    }
    timed {
        /// Ends by itself.
        exit: Exits,
        /// What a probe meets.
        health: HealthRules,
        /// Probes fail until then.
        healthy_after: Delay,
    }
}

/// The world action `setBehavior`: the keys of [`Behavior`] beside `of`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetBehavior {
    /// A key of `behavior`.
    pub of: Box<str>,
    /// What holds from now on.
    pub behavior: Behavior,
}

impl<'de> Deserialize<'de> for SetBehavior {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Subject {
            of: Box<str>,
        }
        let Raw { mut node, path, .. } = Raw::deserialize(deserializer)?;
        let error = serde::de::Error::custom;
        let Subject { of } = Decoder::new(&node).at(&*path).decode().map_err(error)?;
        node.remove("of");
        let behavior = Decoder::new(&node).at(path).decode().map_err(error)?;
        Ok(Self { of, behavior })
    }
}

/// How long something takes for a task, when nobody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unless(pub(super) Span);

impl Unless {
    /// The given duration, or this default; nothing by default without latency.
    pub(super) fn given(self, given: Option<DurationRange>, latency: Latency) -> DurationRange {
        given.unwrap_or_else(|| match latency {
            Latency::None => DurationRange::fixed(Span::ZERO),
            Latency::Spec => DurationRange::fixed(self.0),
        })
    }
}
