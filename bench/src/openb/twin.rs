//! The same replay in the plainest way: rows, a loop over all nodes for each pod, nothing kept.

use super::{Happening, Node, Pod, Trace};

/// What is left of a node.
struct Left<'t> {
    node: &'t Node,
    cpu: u32,
    memory: u32,
    gpus: u32,
}

impl Left<'_> {
    fn takes(&self, pod: &Pod) -> bool {
        let is_of_a_kind =
            || self.node.model.as_ref().is_some_and(|model| pod.models.contains(model));
        self.cpu >= pod.cpu
            && self.memory >= pod.memory
            && self.gpus >= pod.gpus
            && (pod.models.is_empty() || is_of_a_kind())
    }
}

/// For each pod the position of its node; none for those that found no room when they came. The
/// fullest node by memory wins, then the one whose name is lowest.
pub fn allocation(trace: &Trace) -> Vec<Option<usize>> {
    let mut left: Vec<Left<'_>> = trace.nodes.iter().map(whole).collect();
    let mut places = vec![None; trace.pods.len()];
    for happening in trace.happenings() {
        match happening {
            Happening::Comes(pod) => {
                let wants = &trace.pods[pod];
                let fits = left.iter().enumerate().filter(|(_, left)| left.takes(wants));
                let best = fits.min_by_key(|(_, left)| (left.memory, &left.node.name));
                let Some((place, _)) = best else { continue };
                let left = &mut left[place];
                left.cpu -= wants.cpu;
                left.memory -= wants.memory;
                left.gpus -= wants.gpus;
                places[pod] = Some(place);
            }
            Happening::Goes(pod) => {
                let Some(place) = places[pod] else { continue };
                let (left, had) = (&mut left[place], &trace.pods[pod]);
                left.cpu += had.cpu;
                left.memory += had.memory;
                left.gpus += had.gpus;
            }
        }
    }
    places
}

fn whole(node: &Node) -> Left<'_> {
    Left { node, cpu: node.cpu, memory: node.memory, gpus: node.gpus }
}
