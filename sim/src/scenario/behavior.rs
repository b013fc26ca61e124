//! The key `behavior`: checks beyond those of [`crate::world::Behavior`].

use super::{
    at::At,
    unbuilt::{self, Part},
};
use crate::document::DocumentError;
use crate::world::{Behavior, Behaviors, SetBehavior};

/// Reads the key.
pub(super) fn read(at: &At<'_>) -> Result<Behaviors, DocumentError> {
    at.map()?;
    let mut behaviors = Behaviors::new();
    for (name, entry) in at.children() {
        refuse_unbuilt(&entry)?;
        behaviors.insert(name.into(), entry.decode::<Behavior>()?);
    }
    Ok(behaviors)
}

/// Reads the world action `setBehavior`.
pub(super) fn read_change(at: &At<'_>) -> Result<SetBehavior, DocumentError> {
    at.map()?;
    refuse_unbuilt(at)?;
    at.decode()
}

fn refuse_unbuilt(entry: &At<'_>) -> Result<(), DocumentError> {
    for key in entry.map()? {
        if let Some(name) = unbuilt::find(Part::Behavior, &key.key.name) {
            return Err(unbuilt::error(name).at(entry.origin.key(name).path(), key.key.place));
        }
    }
    Ok(())
}
