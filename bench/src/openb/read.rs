//! The trace's files.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::{Node, Pod, Pods, Trace};

/// Where the files are, unless the variable says otherwise.
const BESIDE: &str = "../shared/samples/openb";
const VARIABLE: &str = "OPENB_DIR";
/// A container has some memory; a few pods ask for none.
const LEAST_MEMORY: u32 = 6;

/// The trace; none where there are no files.
pub(super) fn trace(pods: Pods) -> Option<Trace> {
    let folder = env::var_os(VARIABLE).map_or_else(beside, PathBuf::from);
    let name = match pods {
        Pods::Default => "openb_pod_list_default.csv",
        Pods::WithModels => "openb_pod_list_gpuspec33.csv",
    };
    let nodes = rows(&folder.join("openb_node_list_all_node.csv"))?;
    let pods = rows(&folder.join(name))?;
    Some(Trace {
        source: name.to_owned(),
        nodes: nodes.iter().map(|row| node(row)).collect(),
        pods: pods.iter().map(|row| pod(row)).collect(),
    })
}

fn beside() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(BESIDE)
}

/// The rows behind the line of names: no field of the trace has a comma or a quote in it.
fn rows(file: &Path) -> Option<Vec<Vec<String>>> {
    let text = fs::read_to_string(file).ok()?;
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    Some(text.lines().skip(1).map(fields).collect())
}

fn node(row: &[String]) -> Node {
    let [name, cpu, memory, gpus, model] = row else { panic!("{row:?} is no node of openb") };
    Node {
        name: name.clone(),
        cpu: number(cpu) * 1024 / 1000,
        memory: number(memory),
        gpus: number(gpus),
        model: (!model.is_empty()).then(|| model.clone()),
    }
}

fn pod(row: &[String]) -> Pod {
    let [_, cpu, memory, gpus, _, models, _, _, comes, goes, ..] = row else {
        panic!("{row:?} is no pod of openb")
    };
    let second = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is no second"));
    Pod {
        cpu: (number(cpu) * 1024).div_ceil(1000),
        memory: number(memory).max(LEAST_MEMORY),
        gpus: number(gpus),
        models: models.split('|').filter(|model| !model.is_empty()).map(str::to_owned).collect(),
        stay: (second(comes), second(goes)),
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}
