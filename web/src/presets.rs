//! The scenarios that the page offers.

/// A scenario file beside the page.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its file's name without the ending, and its name in the page's address.
    pub id: &'static str,
    pub name: &'static str,
}

impl Preset {
    /// Where it lies, from the page.
    #[must_use]
    pub fn address(&self) -> String {
        format!("./scenarios/presets/{}.yaml", self.id)
    }

    /// The preset of this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.id == id)
    }
}

const fn preset(id: &'static str, name: &'static str) -> Preset {
    Preset { id, name }
}

/// The first one opens with the page.
pub const PRESETS: &[Preset] = &[
    preset("six-services", "Six services, one rollout"),
    preset("two-bills-binpack", "Two bills: binpack"),
    preset("two-bills-spread", "Two bills: spread"),
    preset("arrival-order-small-first", "Arrival order: small first"),
    preset("arrival-order-large-first", "Arrival order: large first"),
    preset("the-zone-that-filled-up", "The zone that filled up"),
    preset("surge-needs-room", "Surge needs room"),
    preset("fifty-means-a-hundred", "Fifty means a hundred"),
    preset("a-wish-not-a-failover", "A wish, not a failover"),
    preset("empty-but-full", "Empty but full"),
    preset("the-breakers-odd-size", "The breaker's odd size"),
    preset("ten-percent-first", "Ten percent first"),
    preset("by-codedeploy", "Ten percent first, by CodeDeploy"),
    preset("step-by-step", "Step by step"),
    preset("bake-or-burn-blue-green", "Bake or burn: blue/green"),
    preset("bake-or-burn-rolling", "Bake or burn: rolling"),
    preset("changed-my-mind", "Changed my mind"),
    preset("the-port-that-stops-the-rollout", "The port that stops the rollout"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/presets")
    }

    #[test]
    fn every_preset_has_its_file_and_every_file_is_offered() {
        for preset in PRESETS {
            let file = folder().join(format!("{}.yaml", preset.id));
            assert!(file.is_file(), "{} is missing", file.display());
        }
        for entry in folder().read_dir().expect("the folder of presets is there") {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            let id = name.trim_end_matches(".yaml");
            assert!(Preset::find(id).is_some(), "{id} is offered nowhere");
        }
    }
}
