//! A trace of the same shapes, drawn from a seed: what there is without the data.

use stowplan_engine::rng::{Rng, Stream};

use super::{Node, Pod, Pods, Trace};

/// Nodes: how many, thousandths of a CPU, MiB, GPUs, their kind.
const NODES: [(usize, u32, u32, u32, &str); 10] = [
    (549, 96_000, 393_216, 8, "G2"),
    (387, 104_000, 524_288, 2, "T4"),
    (129, 32_000, 262_144, 0, ""),
    (107, 16_000, 122_880, 2, "P100"),
    (59, 96_000, 524_288, 0, ""),
    (39, 128_000, 786_432, 8, "G3"),
    (30, 96_000, 393_216, 0, ""),
    (28, 32_000, 131_072, 4, "V100M16"),
    (23, 32_000, 131_072, 0, ""),
    (22, 64_000, 262_144, 2, "P100"),
];

/// Pods: how many, thousandths of a CPU, MiB, GPUs.
const PODS: [(usize, u32, u32, u32); 12] = [
    (1592, 3_152, 5_600, 1),
    (857, 11_300, 49_152, 1),
    (778, 11_908, 47_104, 1),
    (534, 11_400, 48_128, 1),
    (486, 8_000, 30_517, 1),
    (364, 12_500, 57_344, 0),
    (284, 32_000, 49_152, 0),
    (255, 18_708, 64_512, 1),
    (195, 9_810, 41_560, 1),
    (189, 4_000, 22_888, 1),
    (163, 8_000, 30_517, 0),
    (158, 12_000, 24_576, 1),
];
const MODELS: [&str; 4] = ["T4", "G2", "P100", "V100M16"];
/// Seconds in which pods come, and of the longest stay.
const SPAN: u64 = 12_000_000;
const LONGEST: u64 = 9_000_000;

/// One in so many of the nodes and pods, at least one of each shape.
pub(super) fn trace(pods: Pods, seed: u64, one_in: usize) -> Trace {
    let mut rng = Rng::for_key(seed, Stream::Placement, "bench/openb");
    let mut nodes = Vec::new();
    for (many, cpu, memory, gpus, model) in NODES {
        for _ in 0..many.div_ceil(one_in) {
            nodes.push(Node {
                name: format!("openb-node-{:04}", nodes.len()),
                cpu: cpu * 1024 / 1000,
                memory,
                gpus,
                model: (!model.is_empty()).then(|| model.to_owned()),
            });
        }
    }
    let mut list = Vec::new();
    for (many, cpu, memory, gpus) in PODS {
        for _ in 0..many.div_ceil(one_in) {
            let named = pods == Pods::WithModels && gpus > 0 && rng.pick(3) == 0;
            let models = if named { vec![MODELS[rng.pick(4)].to_owned()] } else { Vec::new() };
            let comes = rng.uniform(0, SPAN);
            let stay = (comes, comes + rng.uniform(60, LONGEST));
            let cpu = (cpu * 1024).div_ceil(1000);
            list.push(Pod { cpu, memory, gpus, models, stay });
        }
    }
    list.sort_by_key(|pod| pod.stay.0);
    let source = format!("a look-alike of openb, one in {one_in}, seed {seed}");
    Trace { source, nodes, pods: list }
}
