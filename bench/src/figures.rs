//! Lines that programs read: `figure ID NAME=VALUE NAME=VALUE`. `cargo xtask bench` gathers them.

use std::fmt::Display;
use std::fs;

/// Prints a figure.
pub fn print(id: impl Display, values: &[(&str, &dyn Display)]) {
    let mut line = format!("figure {id}");
    for (name, value) in values {
        line.push_str(&format!(" {name}={value}"));
    }
    println!("{line}");
}

/// Bytes as MB (millions), to a tenth.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// Most memory of this process that was resident so far, in bytes; what Linux tells of it.
pub fn most_resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_told_in_millions() {
        assert_eq!(super::megabytes(128_040_000), "128.0");
        assert_eq!(super::megabytes(49_999), "0.0");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_been_resident() {
        assert!(super::most_resident().expect("Linux tells it") > 100_000);
    }
}
