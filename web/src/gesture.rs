//! What a reader can do to what is selected: each gesture is one entry of the timeline.

use crate::canvas::scene::Target;
use crate::model::Board;
use crate::words::json_text;
use crate::worker::protocol::HostStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// `updateContainerInstancesState` to DRAINING.
    Drain,
    /// And back to ACTIVE.
    Activate,
    /// EC2 ends the instance.
    Terminate,
    /// Two minutes' notice for a Spot instance.
    Interrupt,
    /// The agent loses its connection.
    Disconnect,
    /// The agent finds it again.
    Reconnect,
    /// `stopTask`.
    Stop,
}

impl Gesture {
    /// What can be done to a target now, the harmless first.
    #[must_use]
    pub fn of(board: &Board, target: Target) -> Vec<Self> {
        match target {
            Target::Task(key) => board.task(key).map(|_| Self::Stop).into_iter().collect(),
            Target::Zone(_) => Vec::new(),
            Target::Host(index) => {
                let found = board.live_hosts().find(|(live, _, _)| *live == index);
                let Some((_, host, state)) = found else { return Vec::new() };
                let draining = state.status == HostStatus::Draining;
                let drain = if draining { Self::Activate } else { Self::Drain };
                let agent = if state.agent_connected { Self::Disconnect } else { Self::Reconnect };
                let interrupt = host.spot && state.gone_at_ms.is_none();
                let interrupt = interrupt.then_some(Self::Interrupt);
                [Some(drain), Some(agent), interrupt, Some(Self::Terminate)]
                    .into_iter()
                    .flatten()
                    .collect()
            }
        }
    }

    /// The gesture that a key means.
    #[must_use]
    pub fn of_key(key: &str, offered: &[Self]) -> Option<Self> {
        offered.iter().copied().find(|gesture| gesture.key() == Some(key))
    }

    fn key(self) -> Option<&'static str> {
        match self {
            Self::Drain | Self::Activate => Some("d"),
            Self::Interrupt => Some("i"),
            Self::Terminate | Self::Stop => Some("Delete"),
            Self::Disconnect | Self::Reconnect => None,
        }
    }

    /// The word on its button, its name for tests, and its title.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Drain => ("Drain", "drain", "Move its tasks away and place none here (d)"),
            Self::Activate => ("Activate", "activate", "Place tasks here again (d)"),
            Self::Terminate => ("Terminate", "terminate", "EC2 ends it now (Delete)"),
            Self::Interrupt => ("Interrupt", "interrupt", "Two minutes' notice from Spot (i)"),
            Self::Disconnect => ("Lose agent", "disconnect", "Its agent loses the connection"),
            Self::Reconnect => ("Agent back", "reconnect", "Its agent finds the connection again"),
            Self::Stop => ("Stop", "stop", "StopTask; a service starts another (Delete)"),
        }
    }

    /// The entry of the timeline, as JSON, for the object of this id.
    #[must_use]
    pub fn entry(self, id: &str) -> String {
        let id = json_text(id);
        let state = |status: &str| {
            format!(
                "{{\"updateContainerInstancesState\":\
                 {{\"containerInstances\":[{id}],\"status\":\"{status}\"}}}}"
            )
        };
        let world = |action: &str| format!("{{\"{action}\":{{\"instance\":{id}}}}}");
        match self {
            Self::Drain => state("DRAINING"),
            Self::Activate => state("ACTIVE"),
            Self::Terminate => world("terminateInstance"),
            Self::Interrupt => world("interruptSpot"),
            Self::Disconnect => world("disconnectAgent"),
            Self::Reconnect => world("reconnectAgent"),
            Self::Stop => {
                format!(
                    "{{\"stopTask\":{{\"task\":{id},\"reason\":\"Stopped in the playground\"}}}}"
                )
            }
        }
    }
}

/// The id of what can be acted upon.
#[must_use]
pub fn id_of(board: &Board, target: Target) -> Option<String> {
    match target {
        Target::Task(key) => board.task(key).map(|_| board.names.id(key).to_string()),
        Target::Host(index) => board.hosts.get(index as usize).map(|host| host.id.clone()),
        Target::Zone(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn an_instance_can_be_drained_and_ended_but_only_spot_is_interrupted() {
        let board = fixture::six_services();
        for (index, host, _) in board.live_hosts() {
            let offered = Gesture::of(&board, Target::Host(index));
            assert!(offered.contains(&Gesture::Terminate), "{}", host.id);
            assert!(host.spot || !offered.contains(&Gesture::Interrupt), "{}", host.id);
        }
    }

    #[test]
    fn every_entry_is_json_with_one_action() {
        let all = [
            Gesture::Drain,
            Gesture::Activate,
            Gesture::Terminate,
            Gesture::Interrupt,
            Gesture::Disconnect,
            Gesture::Reconnect,
            Gesture::Stop,
        ];
        for gesture in all {
            let entry: serde_json::Value =
                serde_json::from_str(&gesture.entry("i-\"1")).expect("it is JSON");
            assert_eq!(entry.as_object().map(serde_json::Map::len), Some(1), "{entry}");
        }
    }
}
