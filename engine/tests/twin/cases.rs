//! Random clusters, and what happens to them.

use proptest::prelude::*;

use super::split::Item;
use super::{Ask, Holding, Launch, MANAGED, Ports, Row, SUBNETS};

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
    /// A service is created, which balances its zones or not.
    Serve {
        ask: usize,
        desired: u32,
        balances: bool,
    },
    Scale(usize, u32),
    /// Fargate, or Fargate Spot, has capacity in a zone, or anywhere, or has none.
    Capacity {
        spot: bool,
        zone: Option<&'static str>,
        available: bool,
    },
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
        prop::sample::select(vec![None, Some("A"), Some("B")]),
        prop::option::weighted(0.15, holding()),
    );
    (size, place, nature).prop_map(
        |((cpu, memory, gpus, enis), (zone, rack, connected), nature)| {
            let (architecture, attaches, home, provider, held) = nature;
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
                provider,
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
    .prop_map(named)
}

fn named(mut rows: Vec<Row>) -> Vec<Row> {
    let most = rows.len();
    for (index, row) in rows.iter_mut().enumerate() {
        // Byte order and order of registration differ: i-10 comes before i-2.
        row.name = format!("i-{}", most - index);
    }
    rows
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
    (
        prop::sample::select(vec![0_u32, 100, 256, 600]),
        prop::sample::select(vec![1_u32, 100, 250, 700]),
        ports(),
        (prop::bool::weighted(0.2), network()),
        prop::sample::select(vec![0_u32, 0, 0, 0, 1, 2]),
        prop::collection::vec(prop::sample::select(strategies), 0..4),
        prop::sample::subsequence(expressions, 0..3),
        nature(),
    )
        .prop_map(
            |(cpu, memory, ports, (own, subnets), gpus, strategy, constraints, nature)| {
                let (architecture, overridden, in_definition, launch) = nature;
                // An awsvpc task has its ports to itself.
                let none = Ports { count: 0, host_mode: false, ..ports };
                let ask = Ask {
                    cpu,
                    memory,
                    ports: if own { none } else { ports },
                    subnets: own.then(|| subnets.clone()),
                    gpus,
                    strategy,
                    constraints,
                    architecture,
                    overridden,
                    in_definition,
                    launch,
                    of_service: false,
                };
                if ask.is_away() { away(ask, none, subnets) } else { ask }
            },
        )
}

/// What Fargate takes: one of its sizes, no strategies and no constraints.
fn away(ask: Ask, ports: Ports, subnets: Vec<&'static str>) -> Ask {
    Ask {
        cpu: 256,
        memory: 512,
        ports,
        subnets: Some(subnets),
        gpus: 0,
        strategy: Vec::new(),
        constraints: Vec::new(),
        architecture: None,
        overridden: None,
        in_definition: false,
        ..ask
    }
}

/// Subnets in any order.
fn network() -> impl Strategy<Value = Vec<&'static str>> {
    let all: Vec<&'static str> = SUBNETS.iter().map(|(name, ..)| *name).collect();
    prop::sample::subsequence(all, 1..=5).prop_shuffle()
}

fn launch() -> impl Strategy<Value = Launch> {
    let item = |provider, base, weight| Item { provider, base, weight };
    let one = prop::sample::select(vec!["A", "B"])
        .prop_map(move |name| Launch::Split(vec![item(name, 0, 1)]));
    let pair = prop::sample::select(vec![["A", "B"], ["B", "A"]]);
    let away = prop::sample::select(vec![["FARGATE", "FARGATE_SPOT"], ["FARGATE_SPOT", "FARGATE"]]);
    let split = |pair: BoxedStrategy<[&'static str; 2]>| {
        let bases = prop::sample::select(vec![(0_u32, 0_u32), (0, 0), (1, 0), (3, 0), (0, 2)]);
        let weights = prop::sample::select(vec![(1_u32, 1_u32), (1, 0), (3, 1), (1, 4), (2, 3)]);
        (pair, bases, weights).prop_map(move |([one, two], bases, weights)| {
            Launch::Split(vec![item(one, bases.0, weights.0), item(two, bases.1, weights.1)])
        })
    };
    prop_oneof![
        60 => Just(Launch::Ec2),
        16 => one,
        9 => split(pair.boxed()),
        6 => Just(Launch::Fargate),
        9 => split(away.boxed()),
    ]
}

/// One port, two, or so many that a second task of the kind is beyond the hundred.
fn ports() -> impl Strategy<Value = Ports> {
    let first = prop::sample::select(vec![80_u16, 443, 22, 1000, 2000]);
    let count = prop::sample::select(vec![0_u16, 0, 0, 0, 0, 0, 1, 1, 1, 2, 60]);
    (first, count, prop::bool::weighted(0.2), prop::bool::weighted(0.2))
        .prop_map(|(first, count, udp, host_mode)| Ports { first, count, udp, host_mode })
}

type Nature = (Option<&'static str>, Option<u32>, bool, Launch);

/// Architecture, overridden memory, expressions in the definition, what it is launched on.
fn nature() -> impl Strategy<Value = Nature> {
    (
        prop::option::weighted(0.15, prop::sample::select(vec!["x86_64", "arm64"])),
        prop::option::weighted(0.15, prop::sample::select(vec![150_u32, 900])),
        prop::bool::ANY,
        launch(),
    )
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..500;
    let racks = prop::sample::select(vec![None, Some("r1"), Some("r2"), Some("r3")]);
    let zones = prop::sample::select(vec!["a", "b", "c"]);
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
            let provider = if awaited { Some(MANAGED) } else { row.provider };
            Step::Join(Row { provider, ..row })
        }),
        1 => any.clone().prop_map(Step::Leave),
        2 => (0_usize..4, groups, any).prop_map(|(ask, group, on)| Step::Start { ask, group, on }),
        3 => (0_usize..4, 0_u32..=8, prop::bool::ANY)
            .prop_map(|(ask, desired, balances)| Step::Serve { ask, desired, balances }),
        1 => (prop::bool::ANY, prop::option::of(zones), prop::bool::ANY)
            .prop_map(|(spot, zone, available)| Step::Capacity { spot, zone, available }),
        1 => (0_usize..3, 0_u32..=12).prop_map(|(which, desired)| Step::Scale(which, desired)),
    ]
}

/// A cluster, what may be asked, what happens, whether ties are drawn, and the seed.
pub(crate) type Case = (Vec<Row>, Vec<Ask>, Vec<Step>, bool, u64);

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let usual = (
        rows(),
        prop::collection::vec(ask(), 1..4),
        prop::collection::vec(step(), 1..16),
        prop::bool::weighted(0.3),
        0_u64..1000,
    );
    prop_oneof![92 => usual, 8 => lopsided()]
}

/// A service that balances its zones begins in one of them, and others open later.
fn lopsided() -> impl Strategy<Value = Case> {
    let roomy = |row: Row| Row {
        cpu: 1500,
        memory: 2000,
        connected: true,
        attaches: true,
        home: true,
        architecture: "x86_64",
        ..row
    };
    let in_zone = move |zone: &'static str| {
        (row(), prop::sample::select(vec![None, Some("A"), Some("B")]))
            .prop_map(move |(row, provider)| roomy(Row { zone, provider, ..row }))
    };
    let first = prop::collection::vec(in_zone("a"), 2..5).prop_map(named);
    let small = ask().prop_map(|ask| match ask.is_away() {
        true => ask,
        false => Ask {
            cpu: 100,
            memory: 100,
            ports: Ports { count: 0, ..ask.ports },
            gpus: 0,
            constraints: Vec::new(),
            strategy: ask.strategy.into_iter().filter(|it| *it != "random").collect(),
            architecture: None,
            subnets: ask.subnets.map(|_| vec!["a1", "b1", "a2", "c1"]),
            ..ask
        },
    });
    let serve = (2_u32..=8).prop_map(|desired| Step::Serve { ask: 0, desired, balances: true });
    let closed = |zone| Step::Capacity { spot: false, zone: Some(zone), available: false };
    let open = |zone| Step::Capacity { spot: false, zone: Some(zone), available: true };
    let later = prop_oneof![
        4 => prop_oneof![in_zone("b"), in_zone("c")].prop_map(Step::Join),
        2 => prop::sample::select(vec!["b", "c"]).prop_map(open),
        3 => step(),
    ];
    let steps = (serve, prop::collection::vec(later, 3..14)).prop_map(move |(serve, later)| {
        [closed("b"), closed("c"), serve].into_iter().chain(later).collect::<Vec<_>>()
    });
    (first, prop::collection::vec(small, 1..3), steps, Just(false), 0_u64..1000)
}
