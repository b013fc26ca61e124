//! Host ports of a container instance, by protocol (01 sections 1.2, 1.4 and 1.6).

use std::cmp::Ordering;

/// Transport protocol of a port mapping. A port of one never conflicts with a port of the other.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `tcp`, what a port mapping means when it names no protocol.
    #[default]
    Tcp,
    /// `udp`.
    Udp,
}

impl Protocol {
    /// Both protocols, in the order in which ports are listed.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];

    /// The protocol a port mapping names; anything but `udp` is treated as tcp (01 section 2.3).
    pub fn of_mapping(name: &str) -> Self {
        if name == "udp" { Self::Udp } else { Self::Tcp }
    }

    /// The API's word: `tcp` or `udp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A set of host ports, ascending within each protocol.
///
/// An instance has at most a hundred reserved ports (01 section 1.6) and a task has few, so
/// sorted vectors are smaller and faster than trees, and comparing two sets is a merge.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct PortSet {
    tcp: Vec<u16>,
    udp: Vec<u16>,
}

impl PortSet {
    /// TCP ports a Linux container agent keeps for itself (01 section 1.4).
    pub const RESERVED_TCP_LINUX: [u16; 5] = [22, 2375, 2376, 51_678, 51_679];

    /// TCP ports a Windows container agent keeps for itself; port 80 comes on top when IAM roles
    /// for tasks are on (01 section 1.4).
    pub const RESERVED_TCP_WINDOWS: [u16; 11] =
        [53, 135, 139, 445, 2375, 2376, 3389, 5985, 5986, 51_678, 51_679];

    /// The empty set.
    pub const fn new() -> Self {
        Self { tcp: Vec::new(), udp: Vec::new() }
    }

    /// What a fresh Linux instance lists as taken under `PORTS` and `PORTS_UDP`.
    pub fn reserved_on_linux() -> Self {
        Self { tcp: Self::RESERVED_TCP_LINUX.to_vec(), udp: Vec::new() }
    }

    /// Adds a port; false when it was there.
    pub fn insert(&mut self, protocol: Protocol, port: u16) -> bool {
        let ports = self.ports_mut(protocol);
        match ports.binary_search(&port) {
            Ok(_) => false,
            Err(place) => {
                ports.insert(place, port);
                true
            }
        }
    }

    /// Takes a port out; false when it was not there.
    pub fn remove(&mut self, protocol: Protocol, port: u16) -> bool {
        let ports = self.ports_mut(protocol);
        match ports.binary_search(&port) {
            Ok(place) => {
                ports.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Adds every port of `other`.
    pub fn insert_all(&mut self, other: &Self) {
        for (protocol, port) in other.iter() {
            self.insert(protocol, port);
        }
    }

    /// Takes every port of `other` out.
    pub fn remove_all(&mut self, other: &Self) {
        for protocol in Protocol::ALL {
            if !other.ports(protocol).is_empty() {
                self.ports_mut(protocol).retain(|port| !other.contains(protocol, *port));
            }
        }
    }

    /// Whether the port is in the set.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports(protocol).binary_search(&port).is_ok()
    }

    /// The ports that are in both sets: what makes a placement fail with `RESOURCE:PORTS`.
    pub fn conflicts<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = (Protocol, u16)> + 's {
        Protocol::ALL.into_iter().flat_map(move |protocol| {
            common(self.ports(protocol), other.ports(protocol)).map(move |port| (protocol, port))
        })
    }

    /// Whether some port is in both sets.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.conflicts(other).next().is_some()
    }

    /// The ports of one protocol, ascending.
    pub fn ports(&self, protocol: Protocol) -> &[u16] {
        match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        }
    }

    /// All ports, TCP first, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (Protocol, u16)> {
        Protocol::ALL
            .into_iter()
            .flat_map(|protocol| self.ports(protocol).iter().map(move |port| (protocol, *port)))
    }

    /// How many ports there are, TCP and UDP together.
    pub fn len(&self) -> usize {
        self.tcp.len() + self.udp.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn ports_mut(&mut self, protocol: Protocol) -> &mut Vec<u16> {
        match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        }
    }
}

impl Extend<(Protocol, u16)> for PortSet {
    fn extend<I: IntoIterator<Item = (Protocol, u16)>>(&mut self, ports: I) {
        for (protocol, port) in ports {
            self.insert(protocol, port);
        }
    }
}

impl FromIterator<(Protocol, u16)> for PortSet {
    fn from_iter<I: IntoIterator<Item = (Protocol, u16)>>(ports: I) -> Self {
        let mut set = Self::new();
        set.extend(ports);
        set
    }
}

/// The numbers in both of two ascending lists.
fn common<'l>(mut left: &'l [u16], mut right: &'l [u16]) -> impl Iterator<Item = u16> + 'l {
    std::iter::from_fn(move || {
        while let ([first_left, ..], [first_right, ..]) = (left, right) {
            let order = first_left.cmp(first_right);
            if order != Ordering::Greater {
                left = &left[1..];
            }
            if order != Ordering::Less {
                right = &right[1..];
            }
            if order == Ordering::Equal {
                return Some(*first_left);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use Protocol::{Tcp, Udp};

    fn set(ports: &[(Protocol, u16)]) -> PortSet {
        ports.iter().copied().collect()
    }

    #[test]
    fn res_14_a_fresh_linux_instance_lists_its_five_reserved_ports() {
        let taken = PortSet::reserved_on_linux();
        assert_eq!(taken.ports(Tcp), [22, 2375, 2376, 51_678, 51_679]);
        assert!(taken.ports(Udp).is_empty());
    }

    #[test]
    fn res_18_tcp_and_udp_of_one_number_do_not_collide() {
        let taken = set(&[(Tcp, 8080)]);
        assert!(!taken.conflicts_with(&set(&[(Udp, 8080)])));
        assert!(taken.conflicts_with(&set(&[(Udp, 8080), (Tcp, 8080)])));
    }

    #[test]
    fn conflicting_ports_are_told_one_by_one() {
        let taken = set(&[(Tcp, 80), (Tcp, 443), (Udp, 53), (Udp, 80)]);
        let needed = set(&[(Tcp, 443), (Tcp, 80), (Tcp, 81), (Udp, 53)]);
        let conflicts: Vec<_> = taken.conflicts(&needed).collect();
        assert_eq!(conflicts, [(Tcp, 80), (Tcp, 443), (Udp, 53)]);
    }

    #[test]
    fn a_task_takes_its_ports_and_gives_them_back() {
        let mut taken = PortSet::reserved_on_linux();
        let before = taken.clone();
        let task = set(&[(Tcp, 80), (Udp, 53)]);
        taken.insert_all(&task);
        assert_eq!(taken.len(), 7);
        assert!(taken.contains(Udp, 53) && !taken.contains(Tcp, 53));
        taken.remove_all(&task);
        assert_eq!(taken, before);
    }

    #[test]
    fn anything_but_udp_is_treated_as_tcp() {
        assert_eq!(Protocol::of_mapping("udp"), Udp);
        for name in ["tcp", "sctp", "", "UDP"] {
            assert_eq!(Protocol::of_mapping(name), Tcp, "{name:?}");
        }
    }

    fn ports() -> impl Strategy<Value = Vec<(Protocol, u16)>> {
        let protocol = prop_oneof![Just(Tcp), Just(Udp)];
        prop::collection::vec((protocol, 0_u16..40), 0..40)
    }

    proptest! {
        #[test]
        fn behaves_as_a_tree_would(added in ports(), removed in ports(), other in ports()) {
            let mut set: PortSet = added.iter().copied().collect();
            let mut tree: BTreeSet<_> = added.into_iter().collect();
            for (protocol, port) in removed {
                prop_assert_eq!(set.remove(protocol, port), tree.remove(&(protocol, port)));
            }
            prop_assert!(set.iter().eq(tree.iter().copied()));
            prop_assert_eq!(set.len(), tree.len());
            prop_assert_eq!(set.is_empty(), tree.is_empty());
            let (others, other_tree) =
                (other.iter().copied().collect::<PortSet>(), other.into_iter().collect());
            prop_assert!(set.conflicts(&others).eq(tree.intersection(&other_tree).copied()));
            set.remove_all(&others);
            prop_assert!(set.iter().eq(tree.difference(&other_tree).copied()));
        }
    }
}
