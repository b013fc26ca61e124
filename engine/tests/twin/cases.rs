//! Random clusters, and what happens to them.

use proptest::prelude::*;

use super::{Ask, Holding, Ports, Row};

/// What happens next; instances and tasks are meant by position, as far as there are as many.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Run {
        ask: usize,
        group: &'static str,
        count: i64,
    },
    Stop(usize),
    Rack(usize, Option<&'static str>),
    Drain(usize),
    Activate(usize),
    Agent(usize, bool),
    Join(Row),
    /// It is deregistered by force.
    Leave(usize),
    Start {
        ask: usize,
        group: &'static str,
        on: usize,
    },
    /// A service is created.
    Serve {
        ask: usize,
        desired: u32,
    },
    Scale(usize, u32),
}

fn row() -> impl Strategy<Value = Row> {
    let size = (
        prop::sample::select(vec![256_u32, 512, 1024, 1500]),
        prop::sample::select(vec![500_u32, 1000, 2000]),
        prop::sample::select(vec![0_u32, 0, 0, 2]),
        prop::sample::select(vec![None, None, Some(1_u32), Some(3)]),
    );
    let place = (
        prop::sample::select(vec!["a", "b", "c"]),
        prop::sample::select(vec![None, Some("r1"), Some("r2")]),
        prop::bool::weighted(0.9),
    );
    let often = || prop::bool::weighted(0.85);
    let nature = (
        prop::sample::select(vec!["x86_64", "x86_64", "arm64"]),
        often(),
        often(),
        prop::sample::select(vec![None, Some("asg-A"), Some("asg-B")]),
        prop::option::weighted(0.15, holding()),
    );
    (size, place, nature).prop_map(
        |((cpu, memory, gpus, enis), (zone, rack, connected), nature)| {
            let (architecture, attaches, home, group, held) = nature;
            let held = held.unwrap_or_default();
            Row {
                name: String::new(),
                zone,
                rack,
                cpu,
                memory,
                gpus,
                enis,
                connected,
                draining: false,
                architecture,
                attaches,
                home,
                group,
                held: Holding { gpus: held.gpus.min(gpus), ..held },
                tasks: Vec::new(),
                leaving: Vec::new(),
            }
        },
    )
}

fn holding() -> impl Strategy<Value = Holding> {
    (
        prop::sample::select(vec![0_u32, 100, 256]),
        prop::sample::select(vec![0_u32, 250, 500]),
        0_u32..=1,
        0_u32..=1,
        prop::sample::select(vec![None, Some(80_u16), Some(1000)]),
    )
        .prop_map(|(cpu, memory, gpus, enis, port)| Holding { cpu, memory, gpus, enis, port })
}

/// Mostly a few instances, which find most mistakes; now and then very many.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop_oneof![
        940 => prop::collection::vec(row(), 1..12),
        55 => prop::collection::vec(row(), 12..80),
        5 => prop::collection::vec(row(), 80..=500),
    ]
    .prop_map(|mut rows| {
        let most = rows.len();
        for (index, row) in rows.iter_mut().enumerate() {
            // Byte order and order of registration differ: i-10 comes before i-2.
            row.name = format!("i-{}", most - index);
        }
        rows
    })
}

fn ask() -> impl Strategy<Value = Ask> {
    let strategies = vec![
        "spread az",
        "spread instanceId",
        "spread attribute:rack",
        "binpack cpu",
        "binpack memory",
        "random",
    ];
    let expressions = vec![
        "distinctInstance",
        "attribute:rack == r1",
        "attribute:rack exists",
        "runningTasksCount < 3",
        "not(task:group == g2)",
        "attribute:ecs.availability-zone != us-east-1b",
        "agentConnected == true",
        "attribute:rack in [r1, r3]",
        "attribute:rack != r1",
        "attribute:rack !exists or runningTasksCount > 1",
        "attribute:ecs.availability-zone =~ us-east-1[ab] and not task:group == g1",
    ];
    let zones = prop::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    (
        prop::sample::select(vec![0_u32, 100, 256, 600]),
        prop::sample::select(vec![1_u32, 100, 250, 700]),
        ports(),
        prop::option::weighted(0.2, zones),
        prop::sample::select(vec![0_u32, 0, 0, 0, 1, 2]),
        prop::collection::vec(prop::sample::select(strategies), 0..4),
        prop::sample::subsequence(expressions, 0..3),
        nature(),
    )
        .prop_map(|(cpu, memory, ports, subnets, gpus, strategy, constraints, nature)| {
            let (architecture, overridden, in_definition, group) = nature;
            // An awsvpc task has its ports to itself.
            let none = Ports { count: 0, host_mode: false, ..ports };
            Ask {
                cpu,
                memory,
                ports: if subnets.is_none() { ports } else { none },
                subnets,
                gpus,
                strategy,
                constraints,
                architecture,
                overridden,
                in_definition,
                group,
                of_service: false,
            }
        })
}

/// One port, two, or so many that a second task of the kind is beyond the hundred.
fn ports() -> impl Strategy<Value = Ports> {
    let first = prop::sample::select(vec![80_u16, 443, 22, 1000, 2000]);
    let count = prop::sample::select(vec![0_u16, 0, 0, 0, 0, 0, 1, 1, 1, 2, 60]);
    (first, count, prop::bool::weighted(0.2), prop::bool::weighted(0.2))
        .prop_map(|(first, count, udp, host_mode)| Ports { first, count, udp, host_mode })
}

type Nature = (Option<&'static str>, Option<u32>, bool, Option<&'static str>);

/// Architecture, overridden memory, expressions in the definition, group of the provider.
fn nature() -> impl Strategy<Value = Nature> {
    (
        prop::option::weighted(0.15, prop::sample::select(vec!["x86_64", "arm64"])),
        prop::option::weighted(0.15, prop::sample::select(vec![150_u32, 900])),
        any::<bool>(),
        prop::option::weighted(0.25, prop::sample::select(vec!["asg-A", "asg-B"])),
    )
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..500;
    let racks = prop::sample::select(vec![None, Some("r1"), Some("r2"), Some("r3")]);
    // By hand a task can be put into the group of a service.
    let groups = prop::sample::select(vec!["g1", "g1", "g2", "g2", "g3", "service:s0"]);
    prop_oneof![
        8 => (0_usize..4, groups.clone(), 1_i64..=10)
            .prop_map(|(ask, group, count)| Step::Run { ask, group, count }),
        5 => any.clone().prop_map(Step::Stop),
        1 => (any.clone(), racks).prop_map(|(index, rack)| Step::Rack(index, rack)),
        1 => any.clone().prop_map(Step::Drain),
        1 => any.clone().prop_map(Step::Activate),
        1 => (any.clone(), prop::bool::ANY).prop_map(|(index, on)| Step::Agent(index, on)),
        3 => (row(), prop::bool::ANY).prop_map(|(row, awaited)| {
            // Whoever waits does so for an instance of that group.
            let group = if awaited { Some(super::MANAGED) } else { row.group };
            Step::Join(Row { group, ..row })
        }),
        1 => any.clone().prop_map(Step::Leave),
        2 => (0_usize..4, groups, any).prop_map(|(ask, group, on)| Step::Start { ask, group, on }),
        3 => (0_usize..4, 0_u32..=8).prop_map(|(ask, desired)| Step::Serve { ask, desired }),
        1 => (0_usize..3, 0_u32..=12).prop_map(|(which, desired)| Step::Scale(which, desired)),
    ]
}

/// A cluster, what may be asked, what happens, whether ties are drawn, and the seed.
pub(crate) fn case() -> impl Strategy<Value = (Vec<Row>, Vec<Ask>, Vec<Step>, bool, u64)> {
    (
        rows(),
        prop::collection::vec(ask(), 1..4),
        prop::collection::vec(step(), 1..16),
        prop::bool::weighted(0.3),
        0_u64..1000,
    )
}
