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

    use expect_test::expect_file;

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
                let before = if ever_completed { " (completed before)" } else { "" };
                let _ = writeln!(table, "{state}{before}");
                for signal in signals {
                    let arrow = match next(state, ever_completed, signal) {
                        Transition::Stay => "stays".to_owned(),
                        Transition::To(to) => to.to_string(),
                    };
                    let _ = writeln!(table, "    {:<16}{arrow}", format!("{signal:?}"));
                }
            }
        }
        expect_file!["../../tests/transitions/rollout.txt"].assert_eq(&table);
    }
}
