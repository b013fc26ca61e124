//! Back-off of launches that keep failing (03 section 14).

use crate::model::{Backoff, BackoffCause, Span, Throttle, Time};

/// At this many consecutive failing waves the service says so (E16).
const IMPAIRED_AT_WAVE: u32 = 3;

/// One more failing wave: the next attempt waits.
pub(crate) fn arm(throttle: &mut Throttle, cause: BackoffCause, delays: &[Span], now: Time) {
    throttle.waves += 1;
    let index = (throttle.waves as usize - 1).min(delays.len() - 1);
    throttle.next_attempt = Some(Backoff { until: now + delays[index], cause });
}

/// Whether tasks keep failing to start.
pub(crate) fn is_impaired(throttle: &Throttle) -> bool {
    throttle.waves >= IMPAIRED_AT_WAVE
        && throttle.next_attempt.is_some_and(|backoff| backoff.cause == BackoffCause::Start)
}

/// Whether launches are held back at an instant.
pub(crate) fn holds(throttle: &Throttle, now: Time) -> bool {
    throttle.next_attempt.is_some_and(|backoff| now < backoff.until)
}

/// Something could have made room: an attempt that waited for a place is made now.
pub(crate) fn room_appeared(throttle: &mut Throttle) {
    if throttle.next_attempt.is_some_and(|b| b.cause == BackoffCause::Placement) {
        throttle.next_attempt = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_to_27_minutes_and_stays_there() {
        let delays = [30, 30, 300, 900, 1620].map(Span::from_secs);
        let mut throttle = Throttle::default();
        let mut now = Time::ZERO;
        let mut waits = Vec::new();
        for _ in 0..7 {
            arm(&mut throttle, BackoffCause::Start, &delays, now);
            let until = throttle.next_attempt.expect("armed").until;
            assert!(holds(&throttle, now) && !holds(&throttle, until));
            waits.push(until.since(now).as_secs());
            now = until;
        }
        assert_eq!(waits, [30, 30, 300, 900, 1620, 1620, 1620]);
    }

    #[test]
    fn room_clears_only_a_wait_for_room() {
        let delays = [Span::from_secs(30)];
        let mut starts = Throttle::default();
        arm(&mut starts, BackoffCause::Start, &delays, Time::ZERO);
        room_appeared(&mut starts);
        assert!(starts.next_attempt.is_some());
        let mut places = Throttle::default();
        arm(&mut places, BackoffCause::Placement, &delays, Time::ZERO);
        room_appeared(&mut places);
        assert!(places.next_attempt.is_none());
    }
}
