//! The arithmetic of traffic weights (03 sections 20.3 and 21.3).

use crate::model::{RolloutStrategy, Share, Span};

/// How many steps production traffic takes.
pub(crate) fn steps(strategy: RolloutStrategy) -> u32 {
    match strategy {
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen => 1,
        RolloutStrategy::Linear { step, .. } => Share::ALL.0.div_ceil(step.0.max(1)),
        RolloutStrategy::Canary { first, .. } => {
            if first < Share::ALL {
                2
            } else {
                1
            }
        }
    }
}

/// What the new revision has after a step, from 1.
pub(crate) fn weight(strategy: RolloutStrategy, step: u32) -> Share {
    match strategy {
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen => Share::ALL,
        RolloutStrategy::Linear { step: each, .. } => {
            Share(each.0.saturating_mul(step)).min(Share::ALL)
        }
        RolloutStrategy::Canary { first, .. } => {
            if step < 2 {
                first
            } else {
                Share::ALL
            }
        }
    }
}

/// How long a step lasts: the one that reaches everything does not wait.
pub(crate) fn wait(strategy: RolloutStrategy, step: u32) -> Span {
    if step >= steps(strategy) {
        return Span::ZERO;
    }
    match strategy {
        RolloutStrategy::Rolling | RolloutStrategy::BlueGreen => Span::ZERO,
        RolloutStrategy::Linear { bake, .. } | RolloutStrategy::Canary { bake, .. } => bake,
    }
}

/// The deployment configurations that CodeDeploy has for ECS (03 section 20.3).
pub(crate) fn predefined(config: &str) -> Option<RolloutStrategy> {
    let canary =
        |minutes| RolloutStrategy::Canary { first: Share(10_000), bake: Span::from_mins(minutes) };
    let linear =
        |minutes| RolloutStrategy::Linear { step: Share(10_000), bake: Span::from_mins(minutes) };
    match config {
        ALL_AT_ONCE => Some(RolloutStrategy::BlueGreen),
        "CodeDeployDefault.ECSCanary10Percent5Minutes" => Some(canary(5)),
        "CodeDeployDefault.ECSCanary10Percent15Minutes" => Some(canary(15)),
        "CodeDeployDefault.ECSLinear10PercentEvery1Minutes" => Some(linear(1)),
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes" => Some(linear(3)),
        _ => None,
    }
}

/// The only configuration that Network Load Balancers know (03 section 20.1).
pub(crate) const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of 03 section 20.3, whole: the minute and the percentage of each step.
    #[test]
    fn the_predefined_configurations_of_code_deploy() {
        let steps_of = |name: &str| {
            let routing = predefined(&format!("CodeDeployDefault.ECS{name}")).expect("it exists");
            let mut minute = 0;
            let step = |step| {
                let seen = (minute, weight(routing, step).0 / 1000);
                minute += wait(routing, step).as_secs() / 60;
                seen
            };
            (1..=steps(routing)).map(step).collect::<Vec<_>>()
        };
        let linear = |every: u64| (1..=10).map(move |i: u32| (every * u64::from(i - 1), i * 10));
        assert_eq!(steps_of("AllAtOnce"), [(0, 100)]);
        assert_eq!(steps_of("Canary10Percent5Minutes"), [(0, 10), (5, 100)]);
        assert_eq!(steps_of("Canary10Percent15Minutes"), [(0, 10), (15, 100)]);
        assert_eq!(steps_of("Linear10PercentEvery1Minutes"), linear(1).collect::<Vec<_>>());
        assert_eq!(steps_of("Linear10PercentEvery3Minutes"), linear(3).collect::<Vec<_>>());
        assert_eq!(predefined("CodeDeployDefault.OneAtATime"), None);
    }

    fn weights(strategy: RolloutStrategy) -> Vec<u32> {
        (1..=steps(strategy)).map(|step| weight(strategy, step).0).collect()
    }

    fn waits(strategy: RolloutStrategy) -> u64 {
        (1..=steps(strategy)).map(|step| wait(strategy, step).as_secs()).sum()
    }

    fn linear(step: u32) -> RolloutStrategy {
        RolloutStrategy::Linear { step: Share(step), bake: Span::from_mins(6) }
    }

    #[test]
    fn w103_w104_w105_linear_steps() {
        let ten: Vec<u32> = (1..=10).map(|step| step * 10_000).collect();
        assert_eq!(weights(linear(10_000)), ten);
        assert_eq!(waits(linear(10_000)), 54 * 60);
        assert_eq!(weights(linear(30_000)), [30_000, 60_000, 90_000, 100_000]);
        assert_eq!(waits(linear(30_000)), 18 * 60);
        assert_eq!(weights(linear(100_000)), [100_000]);
        assert_eq!(waits(linear(100_000)), 0);
        assert_eq!(steps(linear(3_000)), 34);
        assert_eq!(weights(linear(3_000))[32..], [99_000, 100_000]);
    }

    #[test]
    fn a_canary_has_two_steps() {
        let canary = |first| RolloutStrategy::Canary { first, bake: Span::from_mins(10) };
        assert_eq!(weights(canary(Share(5_000))), [5_000, 100_000]);
        assert_eq!(waits(canary(Share(5_000))), 600);
        assert_eq!(weights(canary(Share::ALL)), [100_000]);
        assert_eq!(waits(canary(Share::ALL)), 0);
    }
}
