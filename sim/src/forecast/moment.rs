//! A rolling update moment by moment: what starts, what stops, who is healthy then.

/// An instant at which something starts, is told to stop, or becomes healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since the deployment began, ms.
    pub after: u64,
    /// Tasks that start.
    pub started: u32,
    /// Tasks that are told to stop.
    pub stopped: u32,
    /// Healthy ones of the old revision behind it.
    pub old: u32,
    /// Healthy ones of the new revision behind it.
    pub new: u32,
}

/// Adds a moment: one of the same instant is the same moment.
pub(super) fn add(moments: &mut Vec<Moment>, next: Moment) {
    match moments.last_mut() {
        Some(last) if last.after == next.after => {
            let (started, stopped) = (last.started + next.started, last.stopped + next.stopped);
            *last = Moment { started, stopped, ..next };
        }
        Some(last) if (last.old, last.new, 0, 0) == told(&next) => {}
        _ => moments.push(next),
    }
}

/// What is new about a moment.
fn told(moment: &Moment) -> (u32, u32, u32, u32) {
    (moment.old, moment.new, moment.started, moment.stopped)
}
