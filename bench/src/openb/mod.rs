//! The public `openb` trace of a GPU cluster (Alibaba Cluster Trace Program,
//! `cluster-trace-gpu-v2023`): its nodes as container instances, its pods as standalone tasks that
//! come and go.
//!
//! The data is not part of the project: it is read in place, from the folder that `OPENB_DIR`
//! names. Where it is not to be had, a look-alike of the same shapes is drawn from a seed.

mod look_alike;
mod read;
pub mod replay;
pub mod twin;

use std::collections::BTreeMap;

/// A node, in our terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, by which ties are broken.
    pub name: String,
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
    /// What kind of GPUs, if it has any.
    pub model: Option<String>,
}

/// A pod, in our terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Whole GPUs: ECS has no shares of one.
    pub gpus: u32,
    /// It runs only on these kinds of GPUs; on any node when there are none.
    pub models: Vec<String>,
    /// Seconds at which it comes and goes.
    pub stay: (u64, u64),
}

/// Nodes, and pods in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Where it is from.
    pub source: String,
    /// The cluster.
    pub nodes: Vec<Node>,
    /// What comes and goes.
    pub pods: Vec<Pod>,
}

/// Which file of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// Pods that name no kind of GPU.
    Default,
    /// A third of the pods with GPUs name kinds.
    WithModels,
}

/// Something that happens to a pod, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It comes, and is placed if there is room.
    Comes(usize),
    /// It goes, if it was placed.
    Goes(usize),
}

impl Trace {
    /// The trace in the folder that `OPENB_DIR` names, or else beside the project; a look-alike
    /// where there is none.
    ///
    /// # Panics
    ///
    /// If the folder has the files and they are not the trace's.
    pub fn load(pods: Pods) -> Self {
        read::trace(pods).unwrap_or_else(|| look_alike::trace(pods, 7, 1))
    }

    /// A look-alike with one in so many of the nodes and pods.
    pub fn look_alike(pods: Pods, seed: u64, one_in: usize) -> Self {
        look_alike::trace(pods, seed, one_in)
    }

    /// What happens, in order of time; who goes does so before others come.
    pub fn happenings(&self) -> Vec<Happening> {
        let mut all: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * self.pods.len());
        for (position, pod) in self.pods.iter().enumerate() {
            all.push((pod.stay.0, true, position));
            // One that goes as it comes was there all the same.
            all.push((pod.stay.1.max(pod.stay.0 + 1), false, position));
        }
        all.sort_unstable();
        let happening =
            |(_, comes, pod)| if comes { Happening::Comes(pod) } else { Happening::Goes(pod) };
        all.into_iter().map(happening).collect()
    }

    /// The different sizes of pods, each with a name.
    pub fn sizes(&self) -> BTreeMap<(u32, u32, u32), String> {
        let sizes = self.pods.iter().map(Pod::size);
        sizes.map(|size| (size, format!("pod-{}-{}-{}", size.0, size.1, size.2))).collect()
    }
}

impl Pod {
    /// What it takes: CPU, memory, GPUs.
    pub fn size(&self) -> (u32, u32, u32) {
        (self.cpu, self.memory, self.gpus)
    }
}

#[cfg(test)]
mod tests {
    use super::replay::Replay;
    use super::*;

    #[test]
    fn a_replay_places_every_pod_where_the_twin_does() {
        for pods in [Pods::Default, Pods::WithModels] {
            let trace = Trace::look_alike(pods, 3, 20);
            let wanted = twin::allocation(&trace);
            assert!(wanted.iter().any(Option::is_some));
            let mut replay = Replay::new(&trace);
            replay.run();
            assert_eq!(replay.allocation(), wanted, "{}", trace.source);
        }
    }

    #[test]
    fn who_goes_does_so_before_others_come() {
        let pod = |stay| Pod { cpu: 1, memory: 1, gpus: 0, models: Vec::new(), stay };
        let pods = vec![pod((5, 9)), pod((0, 5)), pod((5, 5))];
        let trace = Trace { source: String::new(), nodes: Vec::new(), pods };
        use Happening::{Comes, Goes};
        let wanted = [Comes(1), Goes(1), Comes(0), Comes(2), Goes(2), Goes(0)];
        assert_eq!(trace.happenings(), wanted);
    }
}
