use std::path::Path;

use super::{Limits, Scenario};

/// Every scenario of the project can be set up, each of its variants too.
#[test]
fn the_scenarios_of_the_project_can_be_set_up() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/spec");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder is part of the project") {
        let path = entry.expect("it can be listed").path();
        let bytes = std::fs::read(&path).expect("it can be read");
        let set_up = || {
            let scenario = Scenario::read(&bytes, &Limits::default())?;
            let again = Scenario::read(scenario.to_yaml().as_bytes(), &Limits::default())?;
            assert_eq!(again.document(), scenario.document());
            scenario.plan()?.engine()?;
            scenario.variants.iter().try_for_each(|name| {
                scenario.variant(name)?.plan()?.engine()?;
                Ok(())
            })
        };
        set_up().unwrap_or_else(|error: crate::document::DocumentError| {
            panic!("{}: {error}", path.display())
        });
        count += 1;
    }
    assert!(count > 50, "{count} scenarios");
}
