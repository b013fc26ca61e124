//! The large families, whose sizes follow one table (02 section 3.5), expanded on demand.

use super::InstanceType;

/// Sizes by their vCPUs, which no two share.
const SIZES: [(&str, u32); 13] = [
    ("medium", 1),
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("9xlarge", 36),
    ("12xlarge", 48),
    ("16xlarge", 64),
    ("18xlarge", 72),
    ("24xlarge", 96),
    ("32xlarge", 128),
    ("48xlarge", 192),
];

/// Which columns of the table hold for a family.
#[derive(Clone, Copy)]
enum Class {
    A,
    B,
    /// As B, but for the interfaces of the 32xlarge.
    BPlus,
    G,
    Flex,
    /// 8i and 8a: trunking as B, more interfaces from 8xlarge on.
    Eighth,
    /// 8n and 9g: trunking as G, more interfaces from 8xlarge on.
    Ninth,
}

/// Families that have the same sizes.
struct Group {
    class: Class,
    families: &'static [&'static str],
    /// vCPUs of the sizes that exist.
    sizes: &'static [u32],
    /// Metal sizes, with the vCPUs of the size whose figures they have.
    metal: &'static [(&'static str, u32)],
}

const METAL_96: (&str, u32) = ("metal", 96);
const METAL_128: (&str, u32) = ("metal", 128);
const METAL_192: (&str, u32) = ("metal", 192);
const METAL_64: (&str, u32) = ("metal", 64);
const METAL_24XL: (&str, u32) = ("metal-24xl", 96);
const METAL_48XL: (&str, u32) = ("metal-48xl", 192);

const GROUPS: [Group; 17] = [
    Group {
        class: Class::A,
        families: &["m5", "m5d", "r5", "r5d"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96],
        metal: &[METAL_96],
    },
    Group {
        class: Class::A,
        families: &["m5a", "m5ad", "r5a", "r5ad", "c5a", "c5ad"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96],
        metal: &[],
    },
    Group {
        class: Class::A,
        families: &["c5", "c5d"],
        sizes: &[2, 4, 8, 16, 36, 48, 72, 96],
        metal: &[METAL_96],
    },
    Group {
        class: Class::B,
        families: &["m6i", "m6id", "c6i", "c6id", "r6i", "r6id"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96, 128],
        metal: &[METAL_128],
    },
    Group {
        class: Class::B,
        families: &["m6a", "c6a", "r6a"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96, 128, 192],
        metal: &[METAL_192],
    },
    Group {
        class: Class::B,
        families: &["m7i", "c7i", "r7i"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96, 192],
        metal: &[METAL_24XL, METAL_48XL],
    },
    Group {
        class: Class::B,
        families: &["m7a", "c7a", "r7a"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192],
        metal: &[METAL_48XL],
    },
    Group {
        class: Class::BPlus,
        families: &["m6in", "m6idn", "c6in", "r6in", "r6idn"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96, 128],
        metal: &[METAL_128],
    },
    Group {
        class: Class::G,
        families: &["m6g", "m6gd", "c6g", "c6gd", "r6g", "r6gd"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64],
        metal: &[METAL_64],
    },
    Group {
        class: Class::G,
        families: &["c6gn"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64],
        metal: &[],
    },
    Group {
        class: Class::G,
        families: &["m7g", "m7gd", "c7g", "c7gd", "c7gn", "r7g", "r7gd"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64],
        metal: &[METAL_64],
    },
    Group {
        class: Class::G,
        families: &["m8g", "m8gd", "c8g", "c8gd", "r8g", "r8gd", "x8g"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64, 96, 192],
        metal: &[METAL_24XL, METAL_48XL],
    },
    Group {
        class: Class::Flex,
        families: &["m7i-flex", "c7i-flex"],
        sizes: &[2, 4, 8, 16, 32, 48, 64],
        metal: &[],
    },
    Group {
        class: Class::Eighth,
        families: &["m8i", "m8id", "c8i", "c8id", "r8i", "r8id"],
        sizes: &[2, 4, 8, 16, 32, 48, 64, 96, 128, 192],
        metal: &[METAL_48XL],
    },
    Group {
        class: Class::Eighth,
        families: &["m8a", "c8a", "r8a"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64, 96, 192],
        metal: &[METAL_24XL, METAL_48XL],
    },
    Group {
        class: Class::Ninth,
        families: &["m8gn", "m8gb", "c8gn", "c8gb", "r8gn", "r8gb"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64, 96, 192],
        metal: &[METAL_24XL, METAL_48XL],
    },
    Group {
        class: Class::Ninth,
        families: &["m9g", "c9g", "r9g"],
        sizes: &[1, 2, 4, 8, 16, 32, 48, 64, 96, 192],
        metal: &[],
    },
];

/// Types of these families that nevertheless have no trunking (02 section 3.6).
const WITHOUT_TRUNKING: [(&str, &str); 8] = [
    ("c5", "metal"),
    ("c5d", "metal"),
    ("c5a", "8xlarge"),
    ("c5ad", "8xlarge"),
    ("m5", "metal"),
    ("r5", "metal"),
    ("r5", "8xlarge"),
    ("r5d", "metal"),
];

pub(super) fn find(family: &str, size: &str) -> Option<InstanceType> {
    let group = GROUPS.iter().find(|group| group.families.contains(&family))?;
    let family = group.families.iter().find(|known| **known == family)?;
    let (size, vcpus) = group.named_sizes().find(|(known, _)| *known == size)?;
    Some(group.class.describe(family, size, vcpus))
}

pub(super) fn all() -> impl Iterator<Item = InstanceType> {
    GROUPS.iter().flat_map(|group| {
        group.families.iter().flat_map(|family| {
            group.named_sizes().map(|(size, vcpus)| group.class.describe(family, size, vcpus))
        })
    })
}

impl Group {
    fn named_sizes(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let ordinary = SIZES.iter().filter(|(_, vcpus)| self.sizes.contains(vcpus));
        ordinary.chain(self.metal).copied()
    }
}

impl Class {
    fn describe(self, family: &'static str, size: &'static str, vcpus: u32) -> InstanceType {
        let trunking = !WITHOUT_TRUNKING.contains(&(family, size));
        InstanceType {
            family,
            size,
            vcpus,
            memory_mib: vcpus * gib_per_vcpu(family) * 1024,
            gpus: 0,
            max_enis: self.task_enis_without_trunking(vcpus) + 1,
            task_enis_with_trunking: trunking.then(|| self.task_enis_with_trunking(vcpus)),
        }
    }

    fn task_enis_without_trunking(self, vcpus: u32) -> u32 {
        let common = match vcpus {
            0..2 => 1,
            2..4 => 2,
            4..16 => 3,
            16..64 => 7,
            64.. => 14,
        };
        match self {
            Self::A | Self::B | Self::G | Self::Flex => common,
            Self::BPlus if vcpus == 128 => 15,
            Self::BPlus => common,
            Self::Eighth | Self::Ninth => match vcpus {
                0..32 => common,
                32..48 => 9,
                48..64 => 11,
                64..96 => 15,
                96 if matches!(self, Self::Eighth) => 15,
                96.. => 23,
            },
        }
    }

    fn task_enis_with_trunking(self, vcpus: u32) -> u32 {
        let common = match vcpus {
            0..2 => 4,
            2..4 => 10,
            4..8 => 20,
            8..16 => 40,
            16..64 => 60,
            64.. => 120,
        };
        match self {
            Self::A | Self::G | Self::Ninth => common,
            Self::B | Self::BPlus | Self::Eighth => match vcpus {
                32 => 90,
                48 => 120,
                _ => common,
            },
            Self::Flex => match vcpus {
                0..4 => 4,
                4..8 => 10,
                8..16 => 20,
                16..32 => 40,
                32..48 => 60,
                48.. => 120,
            },
        }
    }
}

/// The first letter of a family says how much memory it has.
fn gib_per_vcpu(family: &str) -> u32 {
    match family.as_bytes().first() {
        Some(b'c') => 2,
        Some(b'm') => 4,
        Some(b'r') => 8,
        _ => 16,
    }
}
