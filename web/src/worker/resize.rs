//! Another size of a task in its definition: at the task level where it is given there, else in
//! its containers, the largest first.

use serde_json::Value;

/// Docker reserves no less for a container, MiB.
const LEAST_MEMORY: u64 = 6;

/// What is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Cpu,
    Memory,
}

impl Part {
    /// The key of the document.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }
}

/// Makes a definition that reserves `from` reserve `to`.
pub(super) fn resize(definition: &mut Value, part: Part, from: u32, to: u32) -> Result<(), String> {
    if let Some(own) = definition.get_mut(part.word()).filter(|own| !own.is_null()) {
        *own = to.to_string().into();
        return Ok(());
    }
    let containers = definition["containerDefinitions"].as_array_mut();
    let mut containers: Vec<&mut Value> = containers.into_iter().flatten().collect();
    containers.sort_by_key(|container| std::cmp::Reverse(size(container, part)));
    let Some(largest) = containers.first_mut() else {
        return Err("The definition has no container to resize.".to_owned());
    };
    if to >= from {
        let more = size(largest, part) + u64::from(to - from);
        set(largest, part, more);
        return Ok(());
    }
    let least = match part {
        Part::Cpu => 0,
        Part::Memory => LEAST_MEMORY,
    };
    let mut left = u64::from(from - to);
    for container in containers {
        let has = size(container, part);
        let cut = left.min(has.saturating_sub(least));
        set(container, part, has - cut);
        left -= cut;
        if left == 0 {
            return Ok(());
        }
    }
    Err(format!("Its containers cannot be made so small: {to} is not enough for all of them."))
}

/// What a container reserves.
fn size(container: &Value, part: Part) -> u64 {
    let number = |key: &str| {
        let value = container.get(key)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    match part {
        Part::Cpu => number("cpu"),
        Part::Memory => number("memoryReservation").or_else(|| number("memory")),
    }
    .unwrap_or_default()
}

/// A hard limit under the reservation would be refused, so it is raised with it.
fn set(container: &mut Value, part: Part, to: u64) {
    match part {
        Part::Cpu => container["cpu"] = to.into(),
        Part::Memory if container.get("memoryReservation").is_some_and(|it| !it.is_null()) => {
            container["memoryReservation"] = to.into();
            if container["memory"].as_u64().is_some_and(|hard| hard <= to) {
                container["memory"] = (to + 1).into();
            }
        }
        Part::Memory => container["memory"] = to.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn two() -> Value {
        json!({ "containerDefinitions": [
            { "name": "proxy", "cpu": 64, "memory": 100 },
            { "name": "app", "cpu": 256, "memory": 500, "memoryReservation": 400 },
        ] })
    }

    #[test]
    fn the_task_level_decides_where_it_is_given() {
        let mut definition = json!({ "cpu": "512", "containerDefinitions": [ { "cpu": 64 } ] });
        resize(&mut definition, Part::Cpu, 512, 300).expect("it can");
        let wanted = json!({ "cpu": "300", "containerDefinitions": [ { "cpu": 64 } ] });
        assert_eq!(definition, wanted);
    }

    #[test]
    fn the_largest_container_gives_first_and_the_others_after_it() {
        let mut definition = two();
        resize(&mut definition, Part::Memory, 500, 60).expect("it can");
        let sizes = |definition: &Value| {
            let all = definition["containerDefinitions"].as_array().expect("a list");
            all.iter().map(|it| size(it, Part::Memory)).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&definition), [54, 6]);
        let refused = resize(&mut two(), Part::Memory, 500, 11).unwrap_err();
        assert!(refused.contains("11 is not enough"), "{refused}");
    }

    #[test]
    fn a_hard_limit_rises_with_what_is_reserved() {
        let mut definition = two();
        resize(&mut definition, Part::Memory, 500, 700).expect("it can");
        let app = &definition["containerDefinitions"][1];
        assert_eq!((&app["memoryReservation"], &app["memory"]), (&json!(600), &json!(601)));
        assert_eq!(definition["containerDefinitions"][0]["memory"], 100);
    }
}
