//! `deployment_process.ocl`: a process as text.
//!
//! Defaults are left out and properties sorted, so that two texts differ only where the processes do. Ids and sensitive
//! values are not in the text; [`keep`] takes both from the process that is replaced. What a step waits for is
//! `depends_on`, which is ours; everything else is Octopus'.

mod keep;
mod read;
mod write;

use super::{OclError, References};
use crate::process::Step;

pub use keep::keep;

/// Properties that hold a reference, and whether it is a list.
const REFERENCES: &[(&str, super::references::Kind)] = &[
    (
        "Octopus.Action.Package.FeedId",
        super::references::Kind::Feed,
    ),
    (
        "Octopus.Action.Azure.AccountId",
        super::references::Kind::Account,
    ),
    (
        "Octopus.Action.Manual.ResponsibleTeamIds",
        super::references::Kind::Team,
    ),
];

/// The steps as text.
#[must_use]
pub fn print(steps: &[Step], references: &References) -> String {
    super::print(&write::document(steps, references))
}

/// The steps of a text, without ids.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(text: &str, references: &References) -> Result<Vec<Step>, OclError> {
    let document = super::parse(text)?;
    read::steps(&document.body, references).map_err(|fault| fault.locate(text))
}
