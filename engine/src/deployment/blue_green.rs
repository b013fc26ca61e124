//! The steps of a deployment by CodeDeploy, as pure transitions (03 section 20.2).
//!
//! ```text
//!  Created -> BeforeInstall -> Install -> AfterInstall -> AllowTestTraffic
//!   -> AfterAllowTestTraffic -> READY_WAIT -> BeforeAllowTraffic -> AllowTraffic
//!                                             next step ^--------------'
//!   -> AfterAllowTraffic -> TERMINATION_WAIT -> blue is deleted -> Succeeded
//!                      `---- blue is kept ------------------------^
//!
//!  something speaks against it: -> Failed     somebody, or an alarm, stops it: -> Stopped
//!
//!  A rollback is a deployment of its own:
//!  Created -> AllowTraffic, back to blue -> green is deleted -> Succeeded
//!  or, where blue is gone already, a whole one with blue's revision.
//! ```

use crate::model::{BlueGreenEnd, BlueGreenState, BlueStep, GreenStep, LifecycleEvent};

/// What can happen at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Its work is done, its hook succeeded, its time is over.
    Passed,
    /// A hook, a limit or the service speaks against going on.
    Failed,
    /// Somebody, an alarm or the end of a wait stops it.
    Stopped,
}

/// What of a deployment decides its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// How many steps production traffic takes.
    pub(crate) steps: u32,
    /// Blue stays when it is done.
    pub(crate) keeps_blue: bool,
    /// It was made to go back to blue.
    pub(crate) returns: bool,
}

/// What a rollback has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayBack {
    /// Nothing was done yet.
    Nothing,
    /// Traffic goes back to blue, which is there.
    ToBlue,
    /// Blue is no more: its revision is deployed anew.
    Anew,
}

/// What a signal does; nothing when absent.
pub(crate) fn next(state: BlueGreenState, signal: Signal, way: Way) -> Option<BlueGreenState> {
    match state {
        BlueGreenState::Created => Some(match signal {
            Signal::Passed if way.returns => BlueGreenState::Back(BlueStep::AllowTraffic),
            Signal::Passed => BlueGreenState::Forward(GreenStep::BeforeInstall),
            Signal::Failed => BlueGreenState::Over(BlueGreenEnd::Failed),
            Signal::Stopped => BlueGreenState::Over(BlueGreenEnd::Stopped),
        }),
        BlueGreenState::Forward(step) => Some(match signal {
            Signal::Passed => passed(step, way),
            Signal::Failed => BlueGreenState::Over(BlueGreenEnd::Failed),
            Signal::Stopped => BlueGreenState::Over(BlueGreenEnd::Stopped),
        }),
        BlueGreenState::Back(step) => Some(match signal {
            Signal::Passed => match step {
                BlueStep::AllowTraffic => BlueGreenState::Back(BlueStep::DeleteGreen),
                BlueStep::DeleteGreen => BlueGreenState::Over(BlueGreenEnd::Succeeded),
            },
            Signal::Failed => BlueGreenState::Over(BlueGreenEnd::Failed),
            Signal::Stopped => BlueGreenState::Over(BlueGreenEnd::Stopped),
        }),
        BlueGreenState::Over(_) => match signal {
            Signal::Passed | Signal::Failed | Signal::Stopped => None,
        },
    }
}

fn passed(step: GreenStep, way: Way) -> BlueGreenState {
    BlueGreenState::Forward(match step {
        GreenStep::BeforeInstall => GreenStep::Install,
        GreenStep::Install => GreenStep::AfterInstall,
        GreenStep::AfterInstall => GreenStep::AllowTestTraffic,
        GreenStep::AllowTestTraffic => GreenStep::AfterAllowTestTraffic,
        GreenStep::AfterAllowTestTraffic => GreenStep::ReadyWait,
        GreenStep::ReadyWait => GreenStep::BeforeAllowTraffic,
        GreenStep::BeforeAllowTraffic => GreenStep::AllowTraffic { step: 1 },
        GreenStep::AllowTraffic { step } if step < way.steps => {
            GreenStep::AllowTraffic { step: step + 1 }
        }
        GreenStep::AllowTraffic { .. } => GreenStep::AfterAllowTraffic,
        GreenStep::AfterAllowTraffic if way.keeps_blue => {
            return BlueGreenState::Over(BlueGreenEnd::Succeeded);
        }
        GreenStep::AfterAllowTraffic => GreenStep::TerminationWait,
        GreenStep::TerminationWait => GreenStep::DeleteBlue,
        GreenStep::DeleteBlue => return BlueGreenState::Over(BlueGreenEnd::Succeeded),
    })
}

/// What a rollback from a step has to do (03 sections 20.2 and 20.5).
pub(crate) fn way_back(state: BlueGreenState) -> WayBack {
    match state {
        BlueGreenState::Created | BlueGreenState::Back(_) | BlueGreenState::Over(_) => {
            WayBack::Nothing
        }
        BlueGreenState::Forward(step) => match step {
            GreenStep::BeforeInstall => WayBack::Nothing,
            GreenStep::Install
            | GreenStep::AfterInstall
            | GreenStep::AllowTestTraffic
            | GreenStep::AfterAllowTestTraffic
            | GreenStep::ReadyWait
            | GreenStep::BeforeAllowTraffic
            | GreenStep::AllowTraffic { .. }
            | GreenStep::AfterAllowTraffic
            | GreenStep::TerminationWait => WayBack::ToBlue,
            GreenStep::DeleteBlue => WayBack::Anew,
        },
    }
}

/// The lifecycle event that a step is; none for what only waits or cleans up.
pub(crate) fn event(state: BlueGreenState) -> Option<LifecycleEvent> {
    match state {
        BlueGreenState::Forward(step) => match step {
            GreenStep::BeforeInstall => Some(LifecycleEvent::BeforeInstall),
            GreenStep::Install => Some(LifecycleEvent::Install),
            GreenStep::AfterInstall => Some(LifecycleEvent::AfterInstall),
            GreenStep::AllowTestTraffic => Some(LifecycleEvent::AllowTestTraffic),
            GreenStep::AfterAllowTestTraffic => Some(LifecycleEvent::AfterAllowTestTraffic),
            GreenStep::BeforeAllowTraffic => Some(LifecycleEvent::BeforeAllowTraffic),
            GreenStep::AllowTraffic { .. } => Some(LifecycleEvent::AllowTraffic),
            GreenStep::AfterAllowTraffic => Some(LifecycleEvent::AfterAllowTraffic),
            GreenStep::ReadyWait | GreenStep::TerminationWait | GreenStep::DeleteBlue => None,
        },
        BlueGreenState::Back(BlueStep::AllowTraffic) => Some(LifecycleEvent::AllowTraffic),
        BlueGreenState::Created
        | BlueGreenState::Back(BlueStep::DeleteGreen)
        | BlueGreenState::Over(_) => None,
    }
}

/// Whether a hook may be given for an event (03 section 20.2): of the nine steps only these five.
pub(crate) fn is_scriptable(event: LifecycleEvent) -> bool {
    match event {
        LifecycleEvent::BeforeInstall
        | LifecycleEvent::AfterInstall
        | LifecycleEvent::AfterAllowTestTraffic
        | LifecycleEvent::BeforeAllowTraffic
        | LifecycleEvent::AfterAllowTraffic => true,
        LifecycleEvent::Install
        | LifecycleEvent::AllowTestTraffic
        | LifecycleEvent::AllowTraffic => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect_file;

    use super::*;

    const WAY: Way = Way { steps: 2, keeps_blue: false, returns: false };

    /// Every state that a deployment with two steps comes by, in order; then those of a rollback.
    fn states() -> Vec<BlueGreenState> {
        let mut states = vec![BlueGreenState::Created];
        for way in [WAY, Way { returns: true, ..WAY }] {
            let mut at = BlueGreenState::Created;
            while let Some(to) = next(at, Signal::Passed, way) {
                at = to;
                if !at.is_over() {
                    states.push(at);
                }
            }
        }
        let ends = [BlueGreenEnd::Succeeded, BlueGreenEnd::Failed, BlueGreenEnd::Stopped];
        states.extend(ends.map(BlueGreenState::Over));
        states
    }

    fn name(state: BlueGreenState) -> String {
        match state {
            BlueGreenState::Created => "Created".to_owned(),
            BlueGreenState::Forward(GreenStep::AllowTraffic { step }) => {
                format!("AllowTraffic {step}")
            }
            BlueGreenState::Forward(step) => format!("{step:?}"),
            BlueGreenState::Back(step) => format!("back {step:?}"),
            BlueGreenState::Over(end) => format!("{end:?}"),
        }
    }

    #[test]
    fn the_table_of_steps_and_signals() {
        let mut table = String::new();
        for state in states() {
            let event = event(state).map_or("-", LifecycleEvent::as_str);
            let head = format!("{} [{}, {event}]", name(state), state.status());
            let _ = writeln!(table, "{head} rollback: {:?}", way_back(state));
            for signal in [Signal::Passed, Signal::Failed, Signal::Stopped] {
                let arrow = |way| match next(state, signal, way) {
                    None => "stays".to_owned(),
                    Some(to) => name(to),
                };
                let _ = write!(table, "    {:<10}{}", format!("{signal:?}"), arrow(WAY));
                for (label, way) in [
                    ("blue is kept", Way { keeps_blue: true, ..WAY }),
                    ("a rollback", Way { returns: true, ..WAY }),
                ] {
                    if arrow(way) != arrow(WAY) {
                        let _ = write!(table, "; {label}: {}", arrow(way));
                    }
                }
                table.push('\n');
            }
        }
        expect_file!["../../tests/transitions/code-deploy.txt"].assert_eq(&table);
    }

    #[test]
    fn every_way_ends_and_every_end_stays() {
        for state in states() {
            for signal in [Signal::Passed, Signal::Failed, Signal::Stopped] {
                let mut at = next(state, signal, WAY).unwrap_or(state);
                let mut moves = 0;
                while let Some(to) = next(at, Signal::Passed, WAY) {
                    at = to;
                    moves += 1;
                    assert!(moves < 20, "{state:?} {signal:?} goes on for ever");
                }
                assert!(at.is_over(), "{state:?} {signal:?}");
                assert_eq!(next(at, signal, WAY), None);
            }
        }
    }

    #[test]
    fn lifecycle_events_come_in_their_order() {
        let way = Way { steps: 10, ..WAY };
        let mut seen: Vec<LifecycleEvent> = Vec::new();
        let mut at = BlueGreenState::Created;
        while let Some(to) = next(at, Signal::Passed, way) {
            at = to;
            seen.extend(event(at).filter(|event| seen.last() != Some(event)));
        }
        assert_eq!(seen, LifecycleEvent::ALL);
        let scriptable = LifecycleEvent::ALL.iter().filter(|&&event| is_scriptable(event));
        assert_eq!(scriptable.count(), 5);
    }
}
