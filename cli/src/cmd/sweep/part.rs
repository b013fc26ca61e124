//! Which part of a sweep this process is to run, said or found in the variables of a batch system.

use std::env;

use anyhow::{Context as _, Result, bail};
use stowplan_sim::sweep::Shard;

/// What `--shard` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `2/8`
    Said(Shard),
    /// `auto`, or `auto/8` where the system does not say how many there are.
    Found(Option<u64>),
}

/// How a batch system tells a process which part it is.
struct System {
    name: &'static str,
    /// The number of the part.
    index: &'static str,
    /// The number of the first part: a variable, or else 0.
    first: Option<&'static str>,
    /// The distance between two numbers: a variable, or else 1.
    step: Option<&'static str>,
    /// How many parts there are, where it says so.
    count: Option<&'static str>,
}

const SYSTEMS: [System; 3] = [
    System {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: None,
        step: None,
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    System {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        first: Some("SLURM_ARRAY_TASK_MIN"),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    System {
        name: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        first: None,
        step: None,
        count: None,
    },
];

impl Part {
    /// Reads `2/8`, `auto` or `auto/8`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        match text.strip_prefix("auto") {
            Some("") => Ok(Self::Found(None)),
            Some(rest) => {
                let count = rest.strip_prefix('/').and_then(|count| count.parse().ok());
                let count = count.filter(|&count: &u64| count > 0);
                count
                    .map(|count| Self::Found(Some(count)))
                    .ok_or_else(|| format!("`{text}` is no part. Write `auto`, or `auto/8`"))
            }
            None => Shard::read(text).map(Self::Said).map_err(|error| error.to_string()),
        }
    }

    /// The part; looks at the variables if that was asked for.
    pub(crate) fn find(&self) -> Result<Shard> {
        let count = match self {
            Self::Said(shard) => return Ok(*shard),
            Self::Found(count) => *count,
        };
        let mut found = SYSTEMS.iter().filter(|system| env::var_os(system.index).is_some());
        let Some(system) = found.next() else {
            let names = SYSTEMS.map(|system| system.index).join(", ");
            bail!("no batch system says which part this is: none of {names} is set");
        };
        if let Some(other) = found.next() {
            let (one, other) = (system.index, other.index);
            bail!("both {one} and {other} are set. Say which part it is: --shard 2/8");
        }
        system.part(count)
    }
}

impl System {
    fn part(&self, count: Option<u64>) -> Result<Shard> {
        let told = self.count.map(|variable| number(variable, None)).transpose()?;
        if let (Some(said), Some(told), Some(variable)) = (count, told, self.count)
            && said != told
        {
            bail!("--shard says that there are {said} parts, and {variable} that there are {told}");
        }
        let Some(count) = count.or(told) else {
            bail!("{} does not say how many parts there are. Write --shard auto/8", self.name);
        };
        let index = number(self.index, None)?;
        let first = self.first.map_or(Ok(0), |variable| number(variable, Some(0)))?;
        let step = self.step.map_or(Ok(1), |variable| number(variable, Some(1)))?;
        let position = index.checked_sub(first).and_then(|above| above.checked_div(step));
        let part = position.and_then(|position| Shard::new(position.checked_add(1)?, count));
        part.with_context(|| format!("{}={index} is none of {count} parts", self.index))
    }
}

/// The number in a variable.
fn number(variable: &str, default: Option<u64>) -> Result<u64> {
    let Some(text) = env::var_os(variable) else {
        return default.with_context(|| format!("{variable} is not set"));
    };
    let text = text.to_string_lossy();
    text.parse().with_context(|| format!("{variable}={text} is no number"))
}
