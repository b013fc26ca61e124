//! States and transitions of a rollout (03 section 5.3). Pure: whoever asks applies the transition
//! and tells of it.

use crate::model::RolloutState;

/// What can happen to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The completion predicate of 03 section 10.2 holds.
    Settled,
    /// Too many tasks failed.
    BreakerTripped,
    /// An alarm that is watched fired.
    AlarmTripped,
    /// A stage of a deployment that shifts traffic failed.
    StageFailed,
    /// StopServiceDeployment.
    UserStopped,
    /// A newer deployment failed: this one is wanted again.
    Repromoted,
}

/// What a signal does to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// Nothing.
    Stay,
    /// A new state.
    To(RolloutState),
}

/// Decides the next state. A rollout that completed once is not failed again: COMPLETED is sticky.
pub(crate) fn next(state: RolloutState, ever_completed: bool, signal: Signal) -> Transition {
    match state {
        RolloutState::InProgress => match signal {
            Signal::Settled => Transition::To(RolloutState::Completed),
            Signal::BreakerTripped
            | Signal::AlarmTripped
            | Signal::StageFailed
            | Signal::UserStopped
                if ever_completed =>
            {
                Transition::Stay
            }
            Signal::BreakerTripped
            | Signal::AlarmTripped
            | Signal::StageFailed
            | Signal::UserStopped => Transition::To(RolloutState::Failed),
            Signal::Repromoted => Transition::Stay,
        },
        RolloutState::Completed => match signal {
            Signal::Repromoted => Transition::To(RolloutState::InProgress),
            Signal::Settled
            | Signal::BreakerTripped
            | Signal::AlarmTripped
            | Signal::StageFailed
            | Signal::UserStopped => Transition::Stay,
        },
        RolloutState::Failed => match signal {
            Signal::Settled
            | Signal::BreakerTripped
            | Signal::AlarmTripped
            | Signal::StageFailed
            | Signal::UserStopped
            | Signal::Repromoted => Transition::Stay,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;

    #[test]
    fn the_table_of_states_and_signals() {
        let signals = [
            Signal::Settled,
            Signal::BreakerTripped,
            Signal::AlarmTripped,
            Signal::StageFailed,
            Signal::UserStopped,
            Signal::Repromoted,
        ];
        let mut table = String::new();
        for &state in RolloutState::ALL {
            for ever_completed in [false, true] {
                for signal in signals {
                    let before = if ever_completed { " (completed before)" } else { "" };
                    let arrow = match next(state, ever_completed, signal) {
                        Transition::Stay => "stays".to_owned(),
                        Transition::To(to) => format!("-> {to}"),
                    };
                    let _ = writeln!(table, "{state}{before} {signal:?} {arrow}");
                }
            }
        }
        expect![[r#"
            IN_PROGRESS Settled -> COMPLETED
            IN_PROGRESS BreakerTripped -> FAILED
            IN_PROGRESS AlarmTripped -> FAILED
            IN_PROGRESS StageFailed -> FAILED
            IN_PROGRESS UserStopped -> FAILED
            IN_PROGRESS Repromoted stays
            IN_PROGRESS (completed before) Settled -> COMPLETED
            IN_PROGRESS (completed before) BreakerTripped stays
            IN_PROGRESS (completed before) AlarmTripped stays
            IN_PROGRESS (completed before) StageFailed stays
            IN_PROGRESS (completed before) UserStopped stays
            IN_PROGRESS (completed before) Repromoted stays
            COMPLETED Settled stays
            COMPLETED BreakerTripped stays
            COMPLETED AlarmTripped stays
            COMPLETED StageFailed stays
            COMPLETED UserStopped stays
            COMPLETED Repromoted -> IN_PROGRESS
            COMPLETED (completed before) Settled stays
            COMPLETED (completed before) BreakerTripped stays
            COMPLETED (completed before) AlarmTripped stays
            COMPLETED (completed before) StageFailed stays
            COMPLETED (completed before) UserStopped stays
            COMPLETED (completed before) Repromoted -> IN_PROGRESS
            FAILED Settled stays
            FAILED BreakerTripped stays
            FAILED AlarmTripped stays
            FAILED StageFailed stays
            FAILED UserStopped stays
            FAILED Repromoted stays
            FAILED (completed before) Settled stays
            FAILED (completed before) BreakerTripped stays
            FAILED (completed before) AlarmTripped stays
            FAILED (completed before) StageFailed stays
            FAILED (completed before) UserStopped stays
            FAILED (completed before) Repromoted stays
        "#]]
        .assert_eq(&table);
    }
}
