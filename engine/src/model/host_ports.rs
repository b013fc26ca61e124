//! Dynamic host ports: what a container agent picks for mappings with `hostPort` 0 (02 section
//! 2.2). The scheduler knows nothing of them.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use super::ports::Protocol;

/// The ports an agent may pick from, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DynamicPortRange {
    first: u16,
    last: u16,
}

impl DynamicPortRange {
    /// `ip_local_port_range` of a Linux kernel.
    pub const LINUX: Self = Self { first: 32_768, last: 60_999 };
    /// What a Linux agent falls back to when the kernel's range cannot be read.
    pub const LINUX_UNREADABLE: Self = Self { first: 49_153, last: 65_535 };
    /// The range of a Windows host.
    pub const WINDOWS: Self = Self { first: 49_152, last: 65_535 };

    /// A range of ports from 1 to 65535; `None` when it is empty or begins at 0.
    pub fn new(first: u16, last: u16) -> Option<Self> {
        (first > 0 && first <= last).then_some(Self { first, last })
    }

    /// Reads `ECS_DYNAMIC_HOST_PORT_RANGE`, written `first-last`.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        Self::new(port(first)?, port(last)?)
    }

    /// The lowest port.
    pub fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    pub fn last(self) -> u16 {
        self.last
    }
}

fn port(digits: &str) -> Option<u16> {
    // `parse` alone would also take a leading plus sign.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The agent's memory of where it looked last, one for each instance. TCP and UDP share it, and
/// a freed port is not picked again before the search has wrapped around.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HostPortTracker {
    range: DynamicPortRange,
    /// The port picked last; one below the range after its end was reached; 0 before first use.
    last: u16,
}

impl HostPortTracker {
    /// The tracker of a fresh agent on Linux.
    pub const fn new(range: DynamicPortRange) -> Self {
        Self { range, last: 0 }
    }

    /// The tracker of a fresh agent on Windows, where the first port used is 49153.
    pub const fn on_windows() -> Self {
        Self { range: DynamicPortRange::WINDOWS, last: DynamicPortRange::WINDOWS.first }
    }

    /// Picks one port that is not `busy` on the host.
    pub fn pick_port(
        &mut self,
        protocol: Protocol,
        busy: impl Fn(Protocol, u16) -> bool,
    ) -> Result<u16, HostPortsUnavailable> {
        self.pick_ports(NonZeroU16::MIN, protocol, busy).map(|ports| *ports.start())
    }

    /// Picks `count` contiguous ports, none of them `busy` on the host: what a
    /// `containerPortRange` needs in bridge mode.
    pub fn pick_ports(
        &mut self,
        count: NonZeroU16,
        protocol: Protocol,
        busy: impl Fn(Protocol, u16) -> bool,
    ) -> Result<RangeInclusive<u16>, HostPortsUnavailable> {
        let range = self.range;
        let start = if self.last == 0 { range.first } else { self.last + 1 };
        let is_busy = |port| busy(protocol, port);
        let mut found = lowest_free(start, range.last, count, is_busy);
        if found.is_none() && self.last != 0 {
            found = lowest_free(range.first, start - 1, count, is_busy);
        }
        let first = found.ok_or(HostPortsUnavailable { count })?;
        let last = first + (count.get() - 1);
        self.last = if last == range.last { range.first - 1 } else { last };
        Ok(first..=last)
    }
}

/// The lowest start of `count` free ports in a row that lie wholly within `from..=to`.
fn lowest_free(from: u16, to: u16, count: NonZeroU16, busy: impl Fn(u16) -> bool) -> Option<u16> {
    let mut row = 0;
    (from..=to).find_map(|port| {
        row = if busy(port) { 0 } else { row + 1 };
        (row == count.get()).then(|| port - (count.get() - 1))
    })
}

/// No host ports are left: the container fails with `HostConfigError`, its task with
/// `TaskFailedToStart` (02 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPortsUnavailable {
    /// How many contiguous ports were asked for.
    pub count: NonZeroU16,
}

impl fmt::Display for HostPortsUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count.get() {
            1 => f.write_str("a host port is unavailable"),
            count => write!(f, "{count} contiguous host ports are unavailable"),
        }
    }
}

impl Error for HostPortsUnavailable {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ports::PortSet;
    use proptest::prelude::*;

    use Protocol::{Tcp, Udp};

    /// An instance whose containers hold the ports they were given.
    struct Host {
        tracker: HostPortTracker,
        taken: PortSet,
    }

    impl Host {
        fn with_range(text: &str) -> Self {
            let range = DynamicPortRange::parse(text).expect("a range");
            Self { tracker: HostPortTracker::new(range), taken: PortSet::new() }
        }

        fn fresh_linux() -> Self {
            Self {
                tracker: HostPortTracker::new(DynamicPortRange::LINUX),
                taken: PortSet::reserved_on_linux(),
            }
        }

        fn request(&mut self, protocol: Protocol) -> Result<u16, HostPortsUnavailable> {
            self.request_range(1, protocol).map(|ports| *ports.start())
        }

        fn request_range(
            &mut self,
            count: u16,
            protocol: Protocol,
        ) -> Result<RangeInclusive<u16>, HostPortsUnavailable> {
            let count = NonZeroU16::new(count).expect("not zero");
            let taken = &self.taken;
            let ports =
                self.tracker.pick_ports(count, protocol, |p, port| taken.contains(p, port))?;
            self.taken.extend(ports.clone().map(|port| (protocol, port)));
            Ok(ports)
        }

        fn take(&mut self, containers: usize) {
            for _ in 0..containers {
                self.request(Tcp).expect("room");
            }
        }

        fn free(&mut self, port: u16) {
            assert!(self.taken.remove(Tcp, port), "{port} was taken");
        }
    }

    #[test]
    fn prt_1_three_dynamic_ports_in_order() {
        let mut host = Host::fresh_linux();
        assert_eq!([(); 3].map(|()| host.request(Tcp)), [Ok(32_768), Ok(32_769), Ok(32_770)]);
    }

    #[test]
    fn prt_2_a_freed_port_is_not_taken_again_at_once() {
        let mut host = Host::fresh_linux();
        host.take(3);
        host.free(32_769);
        assert_eq!(host.request(Tcp), Ok(32_771));
    }

    #[test]
    fn prt_3_a_contiguous_range_skips_a_busy_port() {
        let mut host = Host::fresh_linux();
        host.take(4);
        host.taken.insert(Tcp, 32_775);
        assert_eq!(host.request_range(5, Tcp), Ok(32_776..=32_780));
        assert_eq!(host.request(Tcp), Ok(32_781));
    }

    #[test]
    fn prt_4_a_fifth_request_finds_nothing_in_a_range_of_four() {
        let mut host = Host::with_range("100-103");
        assert_eq!([(); 4].map(|()| host.request(Tcp)), [Ok(100), Ok(101), Ok(102), Ok(103)]);
        let refused = host.request(Tcp).expect_err("all four are taken");
        assert_eq!(refused.to_string(), "a host port is unavailable");
    }

    #[test]
    fn prt_5_a_port_freed_after_that_is_found() {
        let mut host = Host::with_range("100-103");
        host.take(4);
        host.request(Tcp).expect_err("all four are taken");
        host.free(101);
        assert_eq!(host.request(Tcp), Ok(101));
    }

    #[test]
    fn prt_6_no_reuse_before_the_search_wraps_around() {
        let mut host = Host::with_range("100-103");
        assert_eq!(host.request(Tcp), Ok(100));
        host.free(100);
        assert_eq!(host.request(Tcp), Ok(101));
    }

    #[test]
    fn prt_7_tcp_and_udp_share_the_tracker() {
        let mut host = Host::fresh_linux();
        assert_eq!(host.request(Tcp), Ok(32_768));
        assert_eq!(host.request(Udp), Ok(32_769));
    }

    #[test]
    fn prt_13_an_eleventh_container_fails_in_a_range_of_ten() {
        let mut host = Host::with_range("32768-32777");
        for port in 32_768..=32_777 {
            assert_eq!(host.request(Tcp), Ok(port));
        }
        host.request(Tcp).expect_err("ten ports are taken");
    }

    #[test]
    fn a_range_that_finds_no_room_is_named_by_its_length() {
        let mut host = Host::with_range("100-103");
        host.taken.insert(Tcp, 102);
        let before = host.tracker.clone();
        let refused = host.request_range(3, Tcp).expect_err("two in a row at most");
        assert_eq!(refused.to_string(), "3 contiguous host ports are unavailable");
        assert_eq!(host.tracker, before, "a refused request moves nothing");
        assert_eq!(host.request_range(3, Udp), Ok(100..=102), "busy only for TCP");
    }

    #[test]
    fn after_a_wrap_a_range_lies_wholly_before_the_old_start() {
        let mut host = Host::with_range("100-107");
        host.take(6);
        for port in [100, 101, 102] {
            host.free(port);
        }
        assert_eq!(host.request_range(3, Tcp), Ok(100..=102));
    }

    #[test]
    fn windows_uses_49153_first() {
        let mut tracker = HostPortTracker::on_windows();
        assert_eq!(tracker.pick_port(Tcp, |_, _| false), Ok(49_153));
    }

    #[test]
    fn the_whole_port_space_may_be_a_range() {
        let mut host = Host::with_range("1-65535");
        assert_eq!(host.request_range(65_535, Tcp), Ok(1..=65_535));
        host.request(Tcp).expect_err("every port is taken");
        assert_eq!(host.request(Udp), Ok(1));
    }

    #[test]
    fn ranges_that_are_none() {
        for text in ["", "100", "100-", "-100", "0-5", "9-8", "1-65536", "a-b", "1-2-3", "+1-2"] {
            assert_eq!(DynamicPortRange::parse(text), None, "{text:?}");
        }
        assert_eq!(DynamicPortRange::parse("32768-60999"), Some(DynamicPortRange::LINUX));
    }

    proptest! {
        #[test]
        fn a_single_port_is_refused_only_when_all_are_busy(
            requests in prop::collection::vec((any::<bool>(), 0_u16..12), 0..60),
        ) {
            let mut host = Host::with_range("100-109");
            for (request, port) in requests {
                if request {
                    let full = host.taken.len() == 10;
                    prop_assert_eq!(host.request(Tcp).is_err(), full);
                } else {
                    host.taken.remove(Tcp, 100 + port);
                }
            }
        }
    }
}
