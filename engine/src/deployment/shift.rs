//! The stages of a deployment that shifts traffic, as pure transitions (03 section 21.1).
//!
//! ```text
//!  RECONCILE_SERVICE -> PRE_SCALE_UP -> SCALE_UP -> POST_SCALE_UP -> TEST_TRAFFIC_SHIFT
//!   -> POST_TEST_TRAFFIC_SHIFT -> PRE_PRODUCTION_TRAFFIC_SHIFT -> PRODUCTION_TRAFFIC_SHIFT
//!                                        ^---- next step ----------------'
//!   -> POST_PRODUCTION_TRAFFIC_SHIFT -> BAKE_TIME -> CLEAN_UP -> succeeded
//!
//!  failed before any traffic moved:                                    CLEAN_UP  \
//!  failed after test traffic moved:             TEST_TRAFFIC_SHIFT ->  CLEAN_UP   > rolled back
//!  failed later: PRODUCTION_TRAFFIC_SHIFT -> TEST_TRAFFIC_SHIFT ->     CLEAN_UP  /
//!  From CLEAN_UP on the way to the new revision there is no way back.
//! ```

use crate::model::{Back, Forward, LifecycleStage, Outcome, ShiftState};

/// What can happen at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Its work is done and every hook of it succeeded.
    Passed,
    /// Something speaks against going on: a hook, a monitor, a limit, the user.
    Failed,
    /// It is superseded, or failed and nothing is to be done about it.
    Halted,
}

/// What a signal does; nothing when absent. `steps` is how many steps production traffic takes.
pub(crate) fn next(state: ShiftState, signal: Signal, steps: u32) -> Option<ShiftState> {
    match state {
        ShiftState::Forward(stage) => match signal {
            Signal::Passed => Some(passed(stage, steps)),
            Signal::Failed => turned_back(stage).map(ShiftState::Back),
            Signal::Halted => Some(ShiftState::Over(Outcome::Halted)),
        },
        ShiftState::Back(stage) => match signal {
            Signal::Passed => Some(match stage {
                Back::ProductionTrafficShift => ShiftState::Back(Back::TestTrafficShift),
                Back::TestTrafficShift => ShiftState::Back(Back::CleanUp),
                Back::CleanUp => ShiftState::Over(Outcome::RolledBack),
            }),
            Signal::Failed => match stage {
                Back::ProductionTrafficShift | Back::TestTrafficShift => {
                    Some(ShiftState::Over(Outcome::RollbackFailed))
                }
                Back::CleanUp => None,
            },
            Signal::Halted => Some(ShiftState::Over(Outcome::Halted)),
        },
        ShiftState::Over(_) => match signal {
            Signal::Passed | Signal::Failed | Signal::Halted => None,
        },
    }
}

fn passed(stage: Forward, steps: u32) -> ShiftState {
    ShiftState::Forward(match stage {
        Forward::ReconcileService => Forward::PreScaleUp,
        Forward::PreScaleUp => Forward::ScaleUp,
        Forward::ScaleUp => Forward::PostScaleUp,
        Forward::PostScaleUp => Forward::TestTrafficShift,
        Forward::TestTrafficShift => Forward::PostTestTrafficShift,
        Forward::PostTestTrafficShift => Forward::PreProductionTrafficShift { step: 1 },
        Forward::PreProductionTrafficShift { step } => Forward::ProductionTrafficShift { step },
        Forward::ProductionTrafficShift { step } if step < steps => {
            Forward::PreProductionTrafficShift { step: step + 1 }
        }
        Forward::ProductionTrafficShift { .. } => Forward::PostProductionTrafficShift,
        Forward::PostProductionTrafficShift => Forward::BakeTime,
        Forward::BakeTime => Forward::CleanUp,
        Forward::CleanUp => return ShiftState::Over(Outcome::Succeeded),
    })
}

/// Where the way back begins: only traffic that moved goes back.
fn turned_back(stage: Forward) -> Option<Back> {
    match stage {
        Forward::ReconcileService
        | Forward::PreScaleUp
        | Forward::ScaleUp
        | Forward::PostScaleUp => Some(Back::CleanUp),
        Forward::TestTrafficShift
        | Forward::PostTestTrafficShift
        | Forward::PreProductionTrafficShift { step: 0 | 1 } => Some(Back::TestTrafficShift),
        Forward::PreProductionTrafficShift { .. }
        | Forward::ProductionTrafficShift { .. }
        | Forward::PostProductionTrafficShift
        | Forward::BakeTime => Some(Back::ProductionTrafficShift),
        Forward::CleanUp => None,
    }
}

/// The stage that `lifecycleStage` shows; none when it is over.
pub(crate) fn shown(state: ShiftState) -> Option<LifecycleStage> {
    Some(match state {
        ShiftState::Forward(stage) => match stage {
            Forward::ReconcileService => LifecycleStage::ReconcileService,
            Forward::PreScaleUp => LifecycleStage::PreScaleUp,
            Forward::ScaleUp => LifecycleStage::ScaleUp,
            Forward::PostScaleUp => LifecycleStage::PostScaleUp,
            Forward::TestTrafficShift => LifecycleStage::TestTrafficShift,
            Forward::PostTestTrafficShift => LifecycleStage::PostTestTrafficShift,
            Forward::PreProductionTrafficShift { .. } => LifecycleStage::PreProductionTrafficShift,
            Forward::ProductionTrafficShift { .. } => LifecycleStage::ProductionTrafficShift,
            Forward::PostProductionTrafficShift => LifecycleStage::PostProductionTrafficShift,
            Forward::BakeTime => LifecycleStage::BakeTime,
            Forward::CleanUp => LifecycleStage::CleanUp,
        },
        ShiftState::Back(stage) => match stage {
            Back::ProductionTrafficShift => LifecycleStage::ProductionTrafficShift,
            Back::TestTrafficShift => LifecycleStage::TestTrafficShift,
            Back::CleanUp => LifecycleStage::CleanUp,
        },
        ShiftState::Over(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect_file;

    use super::*;

    /// Every state that a deployment with two steps comes by, in order.
    fn states() -> Vec<ShiftState> {
        let mut states = vec![ShiftState::Forward(Forward::ReconcileService)];
        let back = [Back::ProductionTrafficShift, Back::TestTrafficShift, Back::CleanUp];
        let ends =
            [Outcome::Succeeded, Outcome::RolledBack, Outcome::RollbackFailed, Outcome::Halted];
        while let Some(ShiftState::Forward(stage)) =
            next(*states.last().expect("not empty"), Signal::Passed, 2)
        {
            states.push(ShiftState::Forward(stage));
        }
        states.extend(back.map(ShiftState::Back));
        states.extend(ends.map(ShiftState::Over));
        states
    }

    fn name(state: ShiftState) -> String {
        match (state, shown(state)) {
            (ShiftState::Forward(Forward::PreProductionTrafficShift { step }), Some(stage))
            | (ShiftState::Forward(Forward::ProductionTrafficShift { step }), Some(stage)) => {
                format!("{stage} {step}")
            }
            (ShiftState::Forward(_), Some(stage)) => stage.to_string(),
            (ShiftState::Back(_), Some(stage)) => format!("back {stage}"),
            (ShiftState::Over(outcome), _) => format!("{outcome:?}"),
            (ShiftState::Forward(_) | ShiftState::Back(_), None) => panic!("{state:?} is shown"),
        }
    }

    #[test]
    fn the_table_of_stages_and_signals() {
        let mut table = String::new();
        for state in states() {
            let _ = writeln!(table, "{}", name(state));
            for signal in [Signal::Passed, Signal::Failed, Signal::Halted] {
                let arrow = match next(state, signal, 2) {
                    None => "stays".to_owned(),
                    Some(to) => name(to),
                };
                let _ = writeln!(table, "    {:<10}{arrow}", format!("{signal:?}"));
            }
        }
        expect_file!["../../tests/transitions/shift.txt"].assert_eq(&table);
    }

    #[test]
    fn whatever_is_halted_stays_where_it_is() {
        for state in states() {
            let halted = match state {
                ShiftState::Forward(_) | ShiftState::Back(_) => {
                    Some(ShiftState::Over(Outcome::Halted))
                }
                ShiftState::Over(_) => None,
            };
            assert_eq!(next(state, Signal::Halted, 2), halted);
        }
    }

    #[test]
    fn every_way_ends() {
        for state in states() {
            for signal in [Signal::Passed, Signal::Failed] {
                let mut at = next(state, signal, 2).unwrap_or(state);
                let mut moves = 0;
                while let Some(to) = next(at, Signal::Passed, 2) {
                    at = to;
                    moves += 1;
                    assert!(moves < 20, "{state:?} {signal:?} goes on for ever");
                }
                assert!(matches!(at, ShiftState::Over(_)), "{state:?} {signal:?}");
            }
        }
    }
}
