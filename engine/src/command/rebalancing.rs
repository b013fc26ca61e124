//! Which services Availability Zone rebalancing is for (01 section 10; rules 12 and 13 of 03
//! section 3.3).

use crate::api::CommandError;
use crate::api::input::LoadBalancer;
use crate::model::{
    AVAILABILITY_ZONE, ControllerType, HealthBounds, Launch, LaunchType, PlacementConstraint,
    PlacementStrategy, SchedulingStrategy,
};

/// What decides whether a service qualifies.
pub(super) struct Rebalanced<'a> {
    pub(super) scheduling: SchedulingStrategy,
    pub(super) controller: ControllerType,
    pub(super) bounds: HealthBounds,
    pub(super) strategy: &'a [PlacementStrategy],
    /// The definition's, and the service's.
    pub(super) constraints: [&'a [PlacementConstraint]; 2],
    pub(super) launch: &'a Launch,
    pub(super) balancers: &'a [LoadBalancer],
}

impl Rebalanced<'_> {
    /// Whether it is on in a new service: as asked, or on when the service qualifies.
    pub(super) fn created(&self, given: Option<&str>) -> Result<bool, CommandError> {
        match given {
            None => Ok(self.obstacle("created").is_none()),
            Some(given) => self.asked(given, "created"),
        }
    }

    /// Whether it is on after an update. Without a word it stays as it is, if the ceiling allows.
    pub(super) fn updated(&self, given: Option<&str>, kept: bool) -> Result<bool, CommandError> {
        match given {
            None if kept && self.is_ceiling_too_low() => Err(ceiling_too_low("updated")),
            None => Ok(kept),
            Some(given) => self.asked(given, "updated"),
        }
    }

    fn asked(&self, given: &str, verb: &str) -> Result<bool, CommandError> {
        match given {
            "DISABLED" => Ok(false),
            "ENABLED" => self.obstacle(verb).map_or(Ok(true), Err),
            other => Err(CommandError::invalid(format!(
                "availabilityZoneRebalancing cannot be {other}."
            ))),
        }
    }

    /// Why the service does not qualify.
    fn obstacle(&self, verb: &str) -> Option<CommandError> {
        if self.scheduling == SchedulingStrategy::Daemon {
            return Some(refused("does not support DAEMON services"));
        }
        if self.is_ceiling_too_low() {
            return Some(ceiling_too_low(verb));
        }
        let cause = if self.controller != ControllerType::Ecs {
            "needs the ECS deployment controller."
        } else if *self.launch == Launch::Type(LaunchType::External) {
            "does not support the EXTERNAL launch type."
        } else if self.balancers.iter().any(|it| it.load_balancer_name.is_some()) {
            "does not support Classic Load Balancers."
        } else if self.constraints.into_iter().flatten().any(asks_for_zone) {
            "does not support attribute:ecs.availability-zone in a placement constraint."
        } else if !self.is_spread_first() {
            "needs the first placement strategy to be spread(attribute:ecs.availability-zone)."
        } else {
            return None;
        };
        Some(refused(cause))
    }

    fn is_ceiling_too_low(&self) -> bool {
        self.bounds.maximum.0 <= 100
    }

    fn is_spread_first(&self) -> bool {
        match self.strategy.first() {
            None => true,
            Some(PlacementStrategy::Spread(field)) => field.is_zone(),
            Some(PlacementStrategy::Binpack(_) | PlacementStrategy::Random) => false,
        }
    }
}

fn asks_for_zone(constraint: &PlacementConstraint) -> bool {
    match constraint {
        PlacementConstraint::DistinctInstance => false,
        PlacementConstraint::MemberOf(expression) => {
            expression.attribute_names().any(|name| name == AVAILABILITY_ZONE)
        }
    }
}

fn refused(cause: &str) -> CommandError {
    CommandError::invalid(format!("Availability Zone Rebalancing {cause}"))
}

/// Rule 12 of 03 section 3.3: also when rebalancing is on from before.
fn ceiling_too_low(verb: &str) -> CommandError {
    CommandError::invalid(format!(
        "The service couldn't be {verb} because Availability Zone Rebalancing does not support \
         maximumPercent <= 100 % as deployment configuration."
    ))
}
