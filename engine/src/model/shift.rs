//! Where a deployment that shifts traffic stands (03 section 21), and where traffic goes.

use crate::model::{HookRun, LifecycleStage, Share, Time};

/// Which target group of a pair a revision has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `targetGroupArn`.
    #[default]
    Main,
    /// `alternateTargetGroupArn`.
    Alternate,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Main => Self::Alternate,
            Self::Alternate => Self::Main,
        }
    }
}

/// Where traffic goes: the alternate group's shares. The main group has the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Traffic {
    /// Production traffic.
    pub production: Share,
    /// Test traffic.
    pub test: Share,
}

impl Traffic {
    /// Production traffic of a group.
    pub fn production_of(self, slot: Slot) -> Share {
        Self::of(self.production, slot)
    }

    /// Test traffic of a group.
    pub fn test_of(self, slot: Slot) -> Share {
        Self::of(self.test, slot)
    }

    /// The alternate group's share when a group has this one.
    pub(crate) fn alternate(slot: Slot, share: Share) -> Share {
        Self::of(share, slot)
    }

    fn of(alternate: Share, slot: Slot) -> Share {
        match slot {
            Slot::Main => alternate.rest(),
            Slot::Alternate => alternate,
        }
    }
}

/// A deployment that shifts traffic, on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shift {
    /// Where it stands.
    pub state: ShiftState,
    /// What `lifecycleStage` shows: the last stage when it is over.
    pub stage: LifecycleStage,
    /// Its first stage was entered: nothing is before the first pass.
    pub begun: bool,
    /// Since when it stands there.
    pub entered_at: Time,
    /// Runs of hooks from this one on belong to this visit of the stage.
    pub first_run: u32,
    /// Runs of hooks, in order.
    pub runs: Vec<HookRun>,
}

/// Where a deployment that shifts traffic stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShiftState {
    /// On the way to the new revision.
    Forward(Forward),
    /// On the way back.
    Back(Back),
    /// Over.
    Over(Outcome),
}

/// A stage on the way to the new revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Forward {
    /// Back to one source.
    ReconcileService,
    /// Nothing of the new revision runs.
    PreScaleUp,
    /// The new revision starts.
    ScaleUp,
    /// It runs.
    PostScaleUp,
    /// Test traffic shifts.
    TestTrafficShift,
    /// Test traffic has shifted.
    PostTestTrafficShift,
    /// Before a step of production traffic, from 1.
    PreProductionTrafficShift {
        /// Which step.
        step: u32,
    },
    /// A step of production traffic, from 1.
    ProductionTrafficShift {
        /// Which step.
        step: u32,
    },
    /// All production traffic has shifted.
    PostProductionTrafficShift,
    /// Both run.
    BakeTime,
    /// The old revision stops: no way back from here.
    CleanUp,
}

/// A stage on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Back {
    /// Production traffic goes back.
    ProductionTrafficShift,
    /// Test traffic goes back.
    TestTrafficShift,
    /// The new revision stops.
    CleanUp,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The new revision has everything.
    Succeeded,
    /// The old revision has everything again.
    RolledBack,
    /// A hook failed on the way back.
    RollbackFailed,
    /// Left as it was: superseded, or failed with no way back.
    Halted,
}
