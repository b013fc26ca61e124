//! The key `lambdas`: what the functions behind hooks answer.

use super::at::At;
use crate::document::DocumentError;
use crate::world::{FunctionAnswer, Functions};

pub(super) fn read(at: &At<'_>) -> Result<Functions, DocumentError> {
    at.map()?;
    let mut functions = Functions::new();
    for (name, given) in at.children() {
        let answers: Vec<FunctionAnswer> =
            if matches!(given.node.value, crate::document::Value::List(_)) {
                let items = given.items()?;
                items.iter().map(At::decode).collect::<Result<_, _>>()?
            } else {
                vec![given.decode()?]
            };
        if answers.is_empty() {
            let error = given.error("this function has no answer");
            return Err(error.with_remedy("Leave it out: it succeeds at once then"));
        }
        functions.insert(name.into(), answers);
    }
    Ok(functions)
}
