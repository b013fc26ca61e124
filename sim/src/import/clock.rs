//! The instant of an export, and its timestamps.

use crate::document::{Node, Timestamp, Value};

use super::at::At;
use super::kind::Kind;
use super::note::ImportError;

const MINUTE_MS: i64 = 60_000;

/// Keys whose values tell of something that had happened.
fn tells_the_past(key: &str) -> bool {
    key.ends_with("At") || matches!(key, "lastUpdated" | "lastStatusChange" | "CreatedTime")
}

/// The newest timestamp in the files and where it stands.
pub(super) fn newest<'d>(
    parts: &[(Kind, At<'d>)],
) -> Result<Option<(Timestamp, At<'d>)>, ImportError> {
    let mut newest: Option<(Timestamp, At<'d>)> = None;
    for (_, part) in parts {
        look(part, &mut newest)?;
    }
    Ok(newest)
}

fn look<'d>(at: &At<'d>, newest: &mut Option<(Timestamp, At<'d>)>) -> Result<(), ImportError> {
    if matches!(at.node().value, Value::List(_)) {
        for item in at.items()? {
            look(&item, newest)?;
        }
    }
    for (key, value) in at.entries() {
        if is_nested(value.node()) {
            look(&value, newest)?;
        } else if tells_the_past(key) && !value.node().is_null() {
            let instant = value.as_instant()?;
            if newest.as_ref().is_none_or(|(known, _)| instant > *known) {
                *newest = Some((instant, value));
            }
        }
    }
    Ok(())
}

fn is_nested(node: &Node) -> bool {
    matches!(node.value, Value::List(_) | Value::Map(_))
}

/// The first full minute from an instant on: time 0 then lies on the minute, as schedules do.
pub(super) fn full_minute(instant: Timestamp) -> Timestamp {
    let millis = instant.unix_millis();
    let minutes = millis.div_euclid(MINUTE_MS) + i64::from(millis.rem_euclid(MINUTE_MS) > 0);
    Timestamp::from_unix_millis(minutes.saturating_mul(MINUTE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_0_is_the_next_full_minute() {
        let full = |text: &str| full_minute(Timestamp::parse(text).expect(text)).to_string();
        assert_eq!(full("2026-09-14T09:59:52.001Z"), "2026-09-14T10:00:00Z");
        assert_eq!(full("2026-09-14T10:00:00Z"), "2026-09-14T10:00:00Z");
    }
}
