//! CPU and memory of a task as a task definition writes them (01 section 1.1).
//!
//! Everything is integer arithmetic: `.1 vCPU` is refused because a tenth of 1024 is not whole,
//! not because a float missed it.

use std::error::Error;
use std::fmt;

/// CPU units of one vCPU, MiB of one GB: the factor of both written forms.
const PER_WHOLE_UNIT: u64 = 1024;

/// A `cpu` or `memory` setting of a task that cannot be taken: unparsable, negative, zero or
/// not a whole number of units (01 section 1.1). The API answers `ClientException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidTaskSize {
    /// The task's `cpu`.
    Cpu,
    /// The task's `memory`.
    Memory,
}

impl fmt::Display for InvalidTaskSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "Invalid 'cpu' setting for task.",
            Self::Memory => "Invalid 'memory' setting for task.",
        })
    }
}

impl Error for InvalidTaskSize {}

/// CPU units (1024 = 1 vCPU, at least 1) of a task's `cpu`: `"1024"`, `"1 vCPU"`, `".5vcpu"`.
///
/// The bounds of a launch type (128 to 196608 on EC2) are the task definition's to check.
pub fn task_cpu_units(text: &str) -> Result<u32, InvalidTaskSize> {
    parse(text, "vcpu").ok_or(InvalidTaskSize::Cpu)
}

/// MiB (at least 1) of a task's `memory`: `"2048"`, `"2GB"`, `"0.5 GB"`.
pub fn task_memory_mib(text: &str) -> Result<u32, InvalidTaskSize> {
    parse(text, "gb").ok_or(InvalidTaskSize::Memory)
}

fn parse(text: &str, unit: &str) -> Option<u32> {
    let number_ends = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(number_ends);
    let amount = if suffix.is_empty() {
        whole(number)?
    } else if suffix.trim_start_matches(' ').eq_ignore_ascii_case(unit) {
        in_units(number)?
    } else {
        return None;
    };
    u32::try_from(amount).ok().filter(|amount| *amount > 0)
}

fn whole(digits: &str) -> Option<u64> {
    // `parse` alone would also take a leading plus sign.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `number` × 1024 when that is whole.
fn in_units(number: &str) -> Option<u64> {
    let (integer, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(("", fraction)) => ("0", fraction),
        Some(parts) => parts,
        None => (number, ""),
    };
    let fraction = fraction.trim_end_matches('0');
    // With more than ten digits left the tenth power of two in 1024 is used up: never whole.
    if fraction.len() > 10 {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).expect("at most ten digits"));
    let parts = if fraction.is_empty() { 0 } else { whole(fraction)? } * PER_WHOLE_UNIT;
    if !parts.is_multiple_of(scale) {
        return None;
    }
    whole(integer)?.checked_mul(PER_WHOLE_UNIT)?.checked_add(parts / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn res_5_one_vcpu_and_two_gb() {
        assert_eq!(task_cpu_units("1 vCPU"), Ok(1024));
        assert_eq!(task_memory_mib("2GB"), Ok(2048));
    }

    #[test]
    fn res_6_half_a_vcpu_and_half_a_gb() {
        assert_eq!(task_cpu_units("0.5 vCPU"), Ok(512));
        assert_eq!(task_memory_mib("0.5 GB"), Ok(512));
    }

    #[test]
    fn res_7_a_fraction_that_is_not_whole_units_is_refused() {
        let refused = task_cpu_units("0.3 vCPU").expect_err("307.2 units");
        assert_eq!(refused.to_string(), "Invalid 'cpu' setting for task.");
    }

    #[test]
    fn tdf_26_quarter_vcpu_without_leading_zero() {
        assert_eq!(task_cpu_units(".25 vCPU"), Ok(256));
        assert_eq!(task_memory_mib("1 GB"), Ok(1024));
    }

    #[test]
    fn every_published_form_is_taken() {
        for (text, units) in [
            ("1024", 1024),
            ("1vCPU", 1024),
            ("1 vcpu", 1024),
            (".5 vCPU", 512),
            ("0.25 vCPU", 256),
            ("192 vCPU", 196_608),
            ("0.125vCPU", 128),
            ("0.0009765625 vCPU", 1),
            ("2.0000000000000000 vCPU", 2048),
        ] {
            assert_eq!(task_cpu_units(text), Ok(units), "{text}");
        }
        for (text, mib) in [("2048", 2048), ("2 GB", 2048), ("30 GB", 30_720), ("1.5GB", 1536)] {
            assert_eq!(task_memory_mib(text), Ok(mib), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "0",
            "0 vCPU",
            "-1",
            "-1 vCPU",
            "+1",
            "1.5",
            "1,5 vCPU",
            ". vCPU",
            "1. vCPU",
            "1..5 vCPU",
            "1.2.3 vCPU",
            "vCPU",
            "1 GB",
            "1 vCPUs",
            " 1024",
            "1024 ",
            "1e3",
            "one",
            "4294967296",
            "4194304 vCPU",
            "99999999999999999999",
            "0.00000000001 vCPU",
            "１ vCPU",
        ] {
            assert_eq!(task_cpu_units(text), Err(InvalidTaskSize::Cpu), "{text:?}");
        }
        for text in ["0", "0 GB", "0.3 GB", "1 vCPU", "2 MB", "-2 GB", "2GiB", "NaN"] {
            let refused = task_memory_mib(text).expect_err(text);
            assert_eq!(refused.to_string(), "Invalid 'memory' setting for task.");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,40}") {
            let _ = task_cpu_units(&text);
            let _ = task_memory_mib(&text);
        }

        #[test]
        fn whole_units_are_what_they_say(units in 1_u32.., gb in 1_u32..4_000_000) {
            prop_assert_eq!(task_cpu_units(&units.to_string()), Ok(units));
            prop_assert_eq!(task_memory_mib(&format!("{gb} GB")), Ok(gb * 1024));
        }
    }
}
