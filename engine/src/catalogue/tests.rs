//! The figures of 02 section 3.5, written as the document writes them.

use std::collections::BTreeSet;

use super::{Architecture, InstanceType, all, instance_type, nearest};

#[track_caller]
fn known(name: &str) -> InstanceType {
    instance_type(name).unwrap_or_else(|| panic!("{name} is in the catalogue"))
}

/// vCPU / GiB / interfaces / awsvpc tasks without trunking / with trunking.
fn figures(name: &str) -> String {
    let described = known(name);
    let (gib, quarters) = (described.memory_mib / 1024, described.memory_mib % 1024 / 256);
    let fraction = ["", ".25", ".5", ".75"][quarters as usize];
    let trunking =
        described.task_enis_with_trunking.map_or_else(|| "–".to_owned(), |limit| limit.to_string());
    let InstanceType { vcpus, max_enis, .. } = described;
    let without = described.task_enis_without_trunking();
    format!("{vcpus}/{gib}{fraction}/{max_enis}/{without}/{trunking}")
}

#[test]
fn the_commonest_types() {
    for (name, expected) in [
        ("m5.large", "2/8/3/2/10"),
        ("m5.xlarge", "4/16/4/3/20"),
        ("m5.2xlarge", "8/32/4/3/40"),
        ("m5.4xlarge", "16/64/8/7/60"),
        ("m5.8xlarge", "32/128/8/7/60"),
        ("m5.12xlarge", "48/192/8/7/60"),
        ("m5.16xlarge", "64/256/15/14/120"),
        ("m5.24xlarge", "96/384/15/14/120"),
        ("c5.large", "2/4/3/2/10"),
        ("c5.9xlarge", "36/72/8/7/60"),
        ("c5.18xlarge", "72/144/15/14/120"),
        ("r5.large", "2/16/3/2/10"),
        ("r5.24xlarge", "96/768/15/14/120"),
        ("m6i.8xlarge", "32/128/8/7/90"),
        ("m6i.12xlarge", "48/192/8/7/120"),
        ("c6g.medium", "1/2/2/1/4"),
        ("c6g.8xlarge", "32/64/8/7/60"),
        ("c6g.16xlarge", "64/128/15/14/120"),
    ] {
        assert_eq!(figures(name), expected, "{name}");
    }
}

#[test]
fn burstable_and_older_types() {
    for (name, expected) in [
        ("t2.nano", "1/0.5/2/1/–"),
        ("t2.small", "1/2/3/2/–"),
        ("t2.2xlarge", "8/32/3/2/–"),
        ("t3.micro", "2/1/2/1/–"),
        ("t3.small", "2/2/3/2/–"),
        ("t3.2xlarge", "8/32/4/3/–"),
        ("t3a.small", "2/2/2/1/–"),
        ("t3a.medium", "2/4/3/2/–"),
        ("t4g.small", "2/2/3/2/–"),
        ("t4g.2xlarge", "8/32/4/3/–"),
        ("m4.large", "2/8/2/1/–"),
        ("m4.10xlarge", "40/160/8/7/–"),
        ("m4.16xlarge", "64/256/8/7/–"),
        ("a1.medium", "1/2/2/1/10"),
        ("a1.2xlarge", "8/16/4/3/40"),
        ("a1.4xlarge", "16/32/8/7/60"),
        ("a1.metal", "16/32/8/7/–"),
        ("i3.large", "2/15.25/3/2/–"),
        ("i3.xlarge", "4/30.5/4/3/–"),
        ("i3.16xlarge", "64/488/15/14/–"),
    ] {
        assert_eq!(figures(name), expected, "{name}");
    }
}

#[test]
fn accelerated_types() {
    for (name, gpus, expected) in [
        ("g4dn.xlarge", 1, "4/16/3/2/–"),
        ("g4dn.12xlarge", 4, "48/192/8/7/–"),
        ("g4dn.16xlarge", 1, "64/256/4/3/–"),
        ("g4dn.metal", 8, "96/384/15/14/–"),
        ("g5.xlarge", 1, "4/16/4/3/6"),
        ("g5.2xlarge", 1, "8/32/4/3/19"),
        ("g5.12xlarge", 4, "48/192/15/14/120"),
        ("g5.16xlarge", 1, "64/256/8/7/120"),
        ("g5.48xlarge", 8, "192/768/7/6/120"),
        ("g6.2xlarge", 1, "8/32/4/3/40"),
        ("g6.12xlarge", 4, "48/192/8/7/120"),
        ("g6.24xlarge", 4, "96/384/15/14/120"),
        ("g6.48xlarge", 8, "192/768/15/14/120"),
        ("p3.2xlarge", 1, "8/61/4/3/–"),
        ("p3.16xlarge", 8, "64/488/8/7/–"),
        ("p4d.24xlarge", 8, "96/1152/60/59/120"),
        ("p5.48xlarge", 8, "192/2048/64/63/242"),
        ("inf2.8xlarge", 0, "32/128/8/7/90"),
        ("inf2.48xlarge", 0, "192/768/15/14/120"),
    ] {
        assert_eq!(figures(name), expected, "{name}");
        assert_eq!(known(name).gpus, gpus, "{name}");
    }
}

/// The columns "trunk" and the rows of the table of sizes, as printed.
const TABLE: [(&str, u32, u32, [Option<u32>; 3]); 13] = [
    ("medium", 1, 1, [None, Some(4), Some(4)]),
    ("large", 2, 2, [Some(10), Some(10), Some(10)]),
    ("xlarge", 4, 3, [Some(20), Some(20), Some(20)]),
    ("2xlarge", 8, 3, [Some(40), Some(40), Some(40)]),
    ("4xlarge", 16, 7, [Some(60), Some(60), Some(60)]),
    ("8xlarge", 32, 7, [Some(60), Some(90), Some(60)]),
    ("9xlarge", 36, 7, [Some(60), None, None]),
    ("12xlarge", 48, 7, [Some(60), Some(120), Some(60)]),
    ("16xlarge", 64, 14, [Some(120), Some(120), Some(120)]),
    ("18xlarge", 72, 14, [Some(120), None, None]),
    ("24xlarge", 96, 14, [Some(120), Some(120), Some(120)]),
    ("32xlarge", 128, 14, [None, Some(120), None]),
    ("48xlarge", 192, 14, [None, Some(120), Some(120)]),
];

#[test]
fn every_size_of_the_plain_classes_follows_the_table() {
    let classes = [
        "m5 m5a m5ad m5d r5a r5ad r5d r5 c5 c5d c5a c5ad",
        "m6i m6id c6i c6id r6i r6id m6a c6a r6a m7i c7i r7i m7a c7a r7a",
        "m6g m6gd c6g c6gd c6gn r6g r6gd m7g m7gd c7g c7gd c7gn r7g r7gd m8g m8gd c8g c8gd r8g \
         r8gd x8g",
    ];
    let mut checked = 0;
    for (column, families) in classes.iter().enumerate() {
        for family in families.split(' ') {
            for (size, vcpus, without, trunking) in TABLE {
                let Some(described) = instance_type(&format!("{family}.{size}")) else { continue };
                let unsupported = ["c5a.8xlarge", "c5ad.8xlarge", "r5.8xlarge"];
                let expected = if unsupported.contains(&described.to_string().as_str()) {
                    None
                } else {
                    trunking[column]
                };
                assert_eq!(described.vcpus, vcpus, "{described}");
                assert_eq!(described.task_enis_without_trunking(), without, "{described}");
                assert_eq!(described.task_enis_with_trunking, expected, "{described}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 12 * 8 + 6 * 9 + 3 * 10 + 3 * 9 + 3 * 11 + 14 * 8 + 7 * 10);
}

#[test]
fn sizes_that_exist() {
    let sizes = |family: &str| {
        let of_family = all().filter(|known| known.family == family);
        of_family.map(|known| known.size).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        sizes("m5"),
        "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge metal"
    );
    assert_eq!(
        sizes("c5"),
        "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge metal"
    );
    assert_eq!(
        sizes("m7i"),
        "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl \
         metal-48xl"
    );
    assert_eq!(sizes("m6g"), "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal");
}

#[test]
fn classes_with_figures_of_their_own() {
    for (name, expected) in [
        ("m6in.32xlarge", "128/512/16/15/120"),
        ("m6in.24xlarge", "96/384/15/14/120"),
        ("c6in.8xlarge", "32/64/8/7/90"),
        ("m7i-flex.large", "2/8/3/2/4"),
        ("c7i-flex.xlarge", "4/8/4/3/10"),
        ("m7i-flex.2xlarge", "8/32/4/3/20"),
        ("m7i-flex.4xlarge", "16/64/8/7/40"),
        ("m7i-flex.8xlarge", "32/128/8/7/60"),
        ("m7i-flex.12xlarge", "48/192/8/7/120"),
        ("m7i-flex.16xlarge", "64/256/15/14/120"),
        ("m8i.4xlarge", "16/64/8/7/60"),
        ("m8i.8xlarge", "32/128/10/9/90"),
        ("c8i.12xlarge", "48/96/12/11/120"),
        ("r8i.16xlarge", "64/512/16/15/120"),
        ("m8id.24xlarge", "96/384/16/15/120"),
        ("m8i.32xlarge", "128/512/24/23/120"),
        ("m8i.48xlarge", "192/768/24/23/120"),
        ("m8a.medium", "1/4/2/1/4"),
        ("m8a.48xlarge", "192/768/24/23/120"),
        ("m8gn.medium", "1/4/2/1/4"),
        ("m8gn.8xlarge", "32/128/10/9/60"),
        ("c8gb.12xlarge", "48/96/12/11/60"),
        ("r8gn.16xlarge", "64/512/16/15/120"),
        ("m9g.24xlarge", "96/384/24/23/120"),
        ("r9g.48xlarge", "192/1536/24/23/120"),
        ("x8g.large", "2/32/3/2/10"),
        ("m7a.medium", "1/4/2/1/4"),
    ] {
        assert_eq!(figures(name), expected, "{name}");
    }
}

#[test]
fn metal_has_the_figures_of_the_largest_size() {
    for (name, expected) in [
        ("m5.metal", "96/384/15/14/–"),
        ("m5d.metal", "96/384/15/14/120"),
        ("r5.metal", "96/768/15/14/–"),
        ("r5d.metal", "96/768/15/14/–"),
        ("c5.metal", "96/192/15/14/–"),
        ("c5d.metal", "96/192/15/14/–"),
        ("m6i.metal", "128/512/15/14/120"),
        ("m6in.metal", "128/512/16/15/120"),
        ("m6a.metal", "192/768/15/14/120"),
        ("c6g.metal", "64/128/15/14/120"),
        ("c7i.metal-24xl", "96/192/15/14/120"),
        ("r8g.metal-48xl", "192/1536/15/14/120"),
    ] {
        assert_eq!(figures(name), expected, "{name}");
    }
}

#[test]
fn eni_1_and_2_and_3_and_9_and_11_a_c5_large_takes_two_tasks_or_ten() {
    assert_eq!(known("c5.large").task_enis(false), 2);
    assert_eq!(known("c5.large").task_enis(true), 10);
}

#[test]
fn eni_4_a_t3_medium_takes_two_tasks_with_or_without_opt_in() {
    assert_eq!(known("t3.medium").task_enis(true), 2);
    assert_eq!(known("t3.medium").task_enis(false), 2);
}

#[test]
fn eni_5_an_m5_large_has_cpu_and_interfaces_for_two_tasks() {
    let m5_large = known("m5.large");
    assert_eq!((m5_large.registered_cpu() / 1024, m5_large.task_enis(false)), (2, 2));
}

#[test]
fn eni_6_trunking_by_class() {
    assert_eq!(known("m6i.8xlarge").task_enis(true), 90);
    assert_eq!(known("c6g.8xlarge").task_enis(true), 60);
}

#[test]
fn eni_7_an_r5_8xlarge_supports_no_trunking() {
    assert_eq!(known("r5.8xlarge").task_enis(true), 7);
}

#[test]
fn eni_8_a_g4dn_xlarge_runs_out_of_gpus_before_interfaces() {
    let g4dn = known("g4dn.xlarge");
    assert_eq!((g4dn.gpus, g4dn.task_enis(true)), (1, 2));
}

#[test]
fn eni_10_a_t3_nano_takes_one_task() {
    assert_eq!(known("t3.nano").task_enis(false), 1);
}

#[test]
fn res_13_what_a_type_registers() {
    for (name, cpu, memory) in [
        ("m5.large", 2048, 7782),
        ("m5.xlarge", 4096, 15_564),
        ("t3.medium", 2048, 3891),
        ("t3.micro", 2048, 972),
        ("c5.large", 2048, 3891),
        ("i3.large", 2048, 14_835),
        ("t3.nano", 2048, 486),
        ("p5.48xlarge", 196_608, 1_992_294),
    ] {
        let described = known(name);
        assert_eq!(
            (described.registered_cpu(), described.registered_memory()),
            (cpu, memory),
            "{name}"
        );
    }
}

#[test]
fn graviton_families_are_arm64() {
    for name in ["a1.large", "t4g.micro", "m6g.large", "c6gn.medium", "r7gd.large", "x8g.large"] {
        assert_eq!(known(name).architecture(), Architecture::Arm64, "{name}");
    }
    for name in ["m5.large", "t3a.micro", "g4dn.xlarge", "g5.xlarge", "g6.xlarge", "m7i-flex.large"]
    {
        assert_eq!(known(name).architecture(), Architecture::X86_64, "{name}");
    }
    assert_eq!(Architecture::Arm64.attribute_value(), "arm64");
    assert_eq!(Architecture::X86_64.attribute_value(), "x86_64");
}

#[test]
fn every_type_is_found_by_its_name_and_listed_once() {
    let mut names = BTreeSet::new();
    for described in all() {
        let name = described.to_string();
        assert_eq!(instance_type(&name), Some(described), "{name}");
        assert!(names.insert(name), "{described} is listed twice");
        assert!(described.memory_mib > 0 && described.max_enis >= 2, "{described}");
    }
    assert!(names.len() > 600, "{} types", names.len());
}

#[test]
fn unknown_names_get_a_suggestion() {
    for (name, suggestion) in [
        ("m5.larg", "m5.large"),
        ("M5.Large", "m5.large"),
        ("m5large", "m5.large"),
        ("c5n.large", "c5.large"),
        ("t3.mciro", "t3.micro"),
        ("g6.48xlage", "g6.48xlarge"),
    ] {
        assert_eq!(instance_type(name), None, "{name}");
        assert_eq!(nearest(name).map(|known| known.to_string()).as_deref(), Some(suggestion));
    }
    for name in ["", ".", "m5", "m5.", ".large", "m5.large ", "m5.large.x", "m5.9xlarge", "\u{e9}"]
    {
        assert_eq!(instance_type(name), None, "{name}");
    }
    assert_eq!(nearest(""), None);
    assert_eq!(nearest(&"x".repeat(10_000)), None);
}
