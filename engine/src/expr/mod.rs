//! placeholder until the query language lands
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expression {
    source: Box<str>,
}
