//! Types that follow no table of sizes: burstable, older, accelerated and storage ones (02 section
//! 3.5).

use super::InstanceType;

pub(super) fn find(family: &str, size: &str) -> Option<InstanceType> {
    ROWS.iter().find(|known| known.family == family && known.size == size).copied()
}

pub(super) fn all() -> impl Iterator<Item = InstanceType> {
    ROWS.iter().copied()
}

const fn row(
    family: &'static str,
    size: &'static str,
    vcpus: u32,
    memory_mib: u32,
    gpus: u32,
    max_enis: u32,
    task_enis_with_trunking: Option<u32>,
) -> InstanceType {
    InstanceType { family, size, vcpus, memory_mib, gpus, max_enis, task_enis_with_trunking }
}

/// Family, size, vCPUs, MiB, GPUs, interfaces, awsvpc tasks with trunking.
#[rustfmt::skip]
const ROWS: [InstanceType; 78] = [
    row("t2", "nano", 1, 512, 0, 2, None),
    row("t2", "micro", 1, 1024, 0, 2, None),
    row("t2", "small", 1, 2048, 0, 3, None),
    row("t2", "medium", 2, 4096, 0, 3, None),
    row("t2", "large", 2, 8192, 0, 3, None),
    row("t2", "xlarge", 4, 16_384, 0, 3, None),
    row("t2", "2xlarge", 8, 32_768, 0, 3, None),
    row("t3", "nano", 2, 512, 0, 2, None),
    row("t3", "micro", 2, 1024, 0, 2, None),
    row("t3", "small", 2, 2048, 0, 3, None),
    row("t3", "medium", 2, 4096, 0, 3, None),
    row("t3", "large", 2, 8192, 0, 3, None),
    row("t3", "xlarge", 4, 16_384, 0, 4, None),
    row("t3", "2xlarge", 8, 32_768, 0, 4, None),
    row("t3a", "nano", 2, 512, 0, 2, None),
    row("t3a", "micro", 2, 1024, 0, 2, None),
    row("t3a", "small", 2, 2048, 0, 2, None),
    row("t3a", "medium", 2, 4096, 0, 3, None),
    row("t3a", "large", 2, 8192, 0, 3, None),
    row("t3a", "xlarge", 4, 16_384, 0, 4, None),
    row("t3a", "2xlarge", 8, 32_768, 0, 4, None),
    row("t4g", "nano", 2, 512, 0, 2, None),
    row("t4g", "micro", 2, 1024, 0, 2, None),
    row("t4g", "small", 2, 2048, 0, 3, None),
    row("t4g", "medium", 2, 4096, 0, 3, None),
    row("t4g", "large", 2, 8192, 0, 3, None),
    row("t4g", "xlarge", 4, 16_384, 0, 4, None),
    row("t4g", "2xlarge", 8, 32_768, 0, 4, None),
    row("m4", "large", 2, 8192, 0, 2, None),
    row("m4", "xlarge", 4, 16_384, 0, 4, None),
    row("m4", "2xlarge", 8, 32_768, 0, 4, None),
    row("m4", "4xlarge", 16, 65_536, 0, 8, None),
    row("m4", "10xlarge", 40, 163_840, 0, 8, None),
    row("m4", "16xlarge", 64, 262_144, 0, 8, None),
    row("a1", "medium", 1, 2048, 0, 2, Some(10)),
    row("a1", "large", 2, 4096, 0, 3, Some(10)),
    row("a1", "xlarge", 4, 8192, 0, 4, Some(20)),
    row("a1", "2xlarge", 8, 16_384, 0, 4, Some(40)),
    row("a1", "4xlarge", 16, 32_768, 0, 8, Some(60)),
    row("a1", "metal", 16, 32_768, 0, 8, None),
    row("g4dn", "xlarge", 4, 16_384, 1, 3, None),
    row("g4dn", "2xlarge", 8, 32_768, 1, 3, None),
    row("g4dn", "4xlarge", 16, 65_536, 1, 3, None),
    row("g4dn", "8xlarge", 32, 131_072, 1, 4, None),
    row("g4dn", "12xlarge", 48, 196_608, 4, 8, None),
    row("g4dn", "16xlarge", 64, 262_144, 1, 4, None),
    row("g4dn", "metal", 96, 393_216, 8, 15, None),
    row("g5", "xlarge", 4, 16_384, 1, 4, Some(6)),
    row("g5", "2xlarge", 8, 32_768, 1, 4, Some(19)),
    row("g5", "4xlarge", 16, 65_536, 1, 8, Some(40)),
    row("g5", "8xlarge", 32, 131_072, 1, 8, Some(90)),
    row("g5", "12xlarge", 48, 196_608, 4, 15, Some(120)),
    row("g5", "16xlarge", 64, 262_144, 1, 8, Some(120)),
    row("g5", "24xlarge", 96, 393_216, 4, 15, Some(120)),
    row("g5", "48xlarge", 192, 786_432, 8, 7, Some(120)),
    row("g6", "xlarge", 4, 16_384, 1, 4, Some(20)),
    row("g6", "2xlarge", 8, 32_768, 1, 4, Some(40)),
    row("g6", "4xlarge", 16, 65_536, 1, 8, Some(60)),
    row("g6", "8xlarge", 32, 131_072, 1, 8, Some(90)),
    row("g6", "12xlarge", 48, 196_608, 4, 8, Some(120)),
    row("g6", "16xlarge", 64, 262_144, 1, 15, Some(120)),
    row("g6", "24xlarge", 96, 393_216, 4, 15, Some(120)),
    row("g6", "48xlarge", 192, 786_432, 8, 15, Some(120)),
    row("p3", "2xlarge", 8, 62_464, 1, 4, None),
    row("p3", "8xlarge", 32, 249_856, 4, 8, None),
    row("p3", "16xlarge", 64, 499_712, 8, 8, None),
    row("p4d", "24xlarge", 96, 1_179_648, 8, 60, Some(120)),
    row("p5", "48xlarge", 192, 2_097_152, 8, 64, Some(242)),
    row("inf2", "xlarge", 4, 16_384, 0, 4, Some(20)),
    row("inf2", "8xlarge", 32, 131_072, 0, 8, Some(90)),
    row("inf2", "24xlarge", 96, 393_216, 0, 15, Some(120)),
    row("inf2", "48xlarge", 192, 786_432, 0, 15, Some(120)),
    row("i3", "large", 2, 15_616, 0, 3, None),
    row("i3", "xlarge", 4, 31_232, 0, 4, None),
    row("i3", "2xlarge", 8, 62_464, 0, 4, None),
    row("i3", "4xlarge", 16, 124_928, 0, 8, None),
    row("i3", "8xlarge", 32, 249_856, 0, 8, None),
    row("i3", "16xlarge", 64, 499_712, 0, 15, None),
];
