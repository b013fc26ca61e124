//! The task sizes AWS Fargate offers (01 section 2.4).

use std::error::Error;
use std::fmt;

/// One CPU value and the memory values it may be combined with.
struct Row {
    cpu: u32,
    memory: Memory,
    windows: bool,
}

enum Memory {
    Listed(&'static [u32]),
    Stepped { first: u32, last: u32, step: u32 },
}

const ROWS: [Row; 7] = [
    Row { cpu: 256, memory: Memory::Listed(&[512, 1024, 2048]), windows: false },
    Row { cpu: 512, memory: Memory::Listed(&[1024, 2048, 3072, 4096]), windows: false },
    Row { cpu: 1024, memory: stepped(2048, 8192, 1024), windows: true },
    Row { cpu: 2048, memory: stepped(4096, 16_384, 1024), windows: true },
    Row { cpu: 4096, memory: stepped(8192, 30_720, 1024), windows: true },
    Row { cpu: 8192, memory: stepped(16_384, 61_440, 4096), windows: false },
    Row { cpu: 16_384, memory: stepped(32_768, 122_880, 8192), windows: false },
];

/// A guide page shows it, the API model does not: behind the tunable `fargate32vcpu`.
const ROW_32_VCPU: Row =
    Row { cpu: 32_768, memory: Memory::Listed(&[61_440, 122_880, 249_856]), windows: false };

const fn stepped(first: u32, last: u32, step: u32) -> Memory {
    Memory::Stepped { first, last, step }
}

impl Row {
    fn takes(&self, memory_mib: u32) -> bool {
        match self.memory {
            Memory::Listed(values) => values.contains(&memory_mib),
            Memory::Stepped { first, last, step } => {
                (first..=last).contains(&memory_mib) && (memory_mib - first).is_multiple_of(step)
            }
        }
    }

    fn sizes(&self) -> impl Iterator<Item = FargateSize> + use<> {
        let (cpu_units, windows) = (self.cpu, self.windows);
        let (listed, range, step) = match self.memory {
            Memory::Listed(values) => (values, 0..0, 1),
            Memory::Stepped { first, last, step } => (&[][..], first..last + 1, step as usize),
        };
        listed.iter().copied().chain(range.step_by(step)).map(move |memory_mib| FargateSize {
            cpu_units,
            memory_mib,
            windows,
        })
    }
}

/// A size a Fargate task may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FargateSize {
    /// CPU units (1024 = 1 vCPU).
    pub cpu_units: u32,
    /// MiB.
    pub memory_mib: u32,
    /// Whether Windows containers may have this size too.
    pub windows: bool,
}

/// Every size, by CPU and then memory: 74 of them, 77 with `allow_32_vcpu` (tunable
/// `fargate32vcpu`).
pub fn sizes(allow_32_vcpu: bool) -> impl Iterator<Item = FargateSize> {
    rows(allow_32_vcpu).flat_map(Row::sizes)
}

/// Whether a task of `cpu_units` and `memory_mib` may run on Fargate (01 section 2.4).
pub fn is_valid(cpu_units: u32, memory_mib: u32, allow_32_vcpu: bool) -> bool {
    rows(allow_32_vcpu).any(|row| row.cpu == cpu_units && row.takes(memory_mib))
}

/// [`is_valid`], with the refusal RegisterTaskDefinition answers.
pub fn check(cpu_units: u32, memory_mib: u32, allow_32_vcpu: bool) -> Result<(), NoFargateSize> {
    if is_valid(cpu_units, memory_mib, allow_32_vcpu) {
        Ok(())
    } else {
        Err(NoFargateSize { cpu_units, memory_mib })
    }
}

/// Whether Windows containers may have this CPU value on Fargate.
pub fn is_offered_on_windows(cpu_units: u32) -> bool {
    rows(false).any(|row| row.cpu == cpu_units && row.windows)
}

fn rows(allow_32_vcpu: bool) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(allow_32_vcpu.then_some(&ROW_32_VCPU))
}

/// A pair of CPU and memory that Fargate does not offer; the API answers `ClientException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFargateSize {
    /// CPU units asked for.
    pub cpu_units: u32,
    /// MiB asked for.
    pub memory_mib: u32,
}

impl fmt::Display for NoFargateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon \
             ECS documentation for the valid values.",
            self.cpu_units, self.memory_mib
        )
    }
}

impl Error for NoFargateSize {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_74_pairs_and_77_with_32_vcpu() {
        assert_eq!(sizes(false).count(), 74);
        assert_eq!(sizes(true).count(), 77);
        for (cpu, values) in
            [(256, 3), (512, 4), (1024, 7), (2048, 13), (4096, 23), (8192, 12), (16_384, 12)]
        {
            let listed = sizes(false).filter(|size| size.cpu_units == cpu).count();
            assert_eq!(listed, values, "{cpu} CPU");
        }
    }

    #[test]
    fn the_bounds_of_every_row() {
        let bounds = |cpu| {
            let memories = || sizes(true).filter(move |s| s.cpu_units == cpu).map(|s| s.memory_mib);
            (memories().min().expect("a row"), memories().max().expect("a row"))
        };
        assert_eq!(bounds(256), (512, 2048));
        assert_eq!(bounds(512), (1024, 4096));
        assert_eq!(bounds(1024), (2048, 8192));
        assert_eq!(bounds(2048), (4096, 16_384));
        assert_eq!(bounds(4096), (8192, 30_720));
        assert_eq!(bounds(8192), (16_384, 61_440));
        assert_eq!(bounds(16_384), (32_768, 122_880));
        assert_eq!(bounds(32_768), (61_440, 249_856));
    }

    #[test]
    fn a_pair_is_valid_exactly_when_it_is_listed() {
        for allow in [false, true] {
            let listed: Vec<_> = sizes(allow).map(|s| (s.cpu_units, s.memory_mib)).collect();
            assert!(listed.is_sorted());
            let cpus = (0..=33_000).step_by(128);
            for cpu in cpus {
                for memory in (0..=252_000).step_by(512) {
                    let pair = (cpu, memory);
                    assert_eq!(is_valid(cpu, memory, allow), listed.contains(&pair), "{pair:?}");
                }
            }
        }
    }

    #[test]
    fn windows_has_one_two_and_four_vcpu() {
        let windows: Vec<_> = sizes(true).filter(|s| s.windows).map(|s| s.cpu_units).collect();
        assert_eq!(windows.len(), 7 + 13 + 23);
        for size in sizes(true) {
            let expected = [1024, 2048, 4096].contains(&size.cpu_units);
            assert_eq!(size.windows, expected);
            assert_eq!(is_offered_on_windows(size.cpu_units), expected);
        }
    }

    #[test]
    fn tdf_23_an_unknown_pair_is_named() {
        assert_eq!(check(256, 512, false), Ok(()));
        assert_eq!(
            check(256, 3072, false).expect_err("not offered").to_string(),
            "No Fargate configuration exists for given values: 256 CPU, 3072 memory. See the \
             Amazon ECS documentation for the valid values."
        );
    }

    #[test]
    fn tdf_24_and_25_bounds_and_steps() {
        for (cpu, memory, valid) in [
            (1024, 1024, false),
            (4096, 30_720, true),
            (4096, 31_744, false),
            (8192, 16_384, true),
            (8192, 18_432, false),
            (16_384, 122_880, true),
            (16_384, 126_976, false),
            (32_768, 61_440, false),
        ] {
            assert_eq!(is_valid(cpu, memory, false), valid, "{cpu}/{memory}");
        }
        assert!(is_valid(32_768, 61_440, true));
    }
}
