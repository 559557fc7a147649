//! Where variables are used: which texts of a process, and which other variables, name them.
//!
//! A name is found in templates (`#{Name}`) and where scripts ask for it by a literal name
//! (`get_octopusvariable "Name"`, `$OctopusParameters["Name"]`, …). Files inside packages are not looked at, and names
//! that are themselves computed are left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{DeploymentProcess, texts};
use crate::template::path::key_of;

mod reads;

pub use reads::{Read, reads};

/// A variable there is, and its text; `None` for a secret, and for one that tenants fill.
#[derive(Debug, Clone, Copy)]
pub struct Defined<'d> {
    pub name: &'d str,
    pub text: Option<&'d str>,
}

/// A place in the process that names a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Position of the step.
    pub step: usize,
    /// Below the step.
    pub field: String,
    /// From 1, within the text.
    pub line: usize,
}

/// Who uses a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users {
    pub places: Vec<Place>,
    /// Names of variables with a value that names it.
    pub variables: BTreeSet<String>,
}

impl Users {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.variables.is_empty()
    }
}

/// Who uses what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usages {
    /// Every name there is, by its key.
    pub defined: BTreeMap<String, (String, Users)>,
    /// Names that are used and that nothing gives a value, by their key.
    pub undefined: BTreeMap<String, (String, Users)>,
}

/// Who uses the variables of a process.
#[must_use]
pub fn usages(process: &DeploymentProcess, defined: &[Defined<'_>]) -> Usages {
    let mut found = Usages::default();
    for variable in defined {
        let entry = found.defined.entry(key_of(variable.name));
        entry.or_insert_with(|| (variable.name.to_owned(), Users::default()));
    }
    for (step, own) in process.steps.iter().enumerate() {
        for placed in texts::of_step(own) {
            for read in reads_of_field(&placed.field, placed.text) {
                let place = Place {
                    step,
                    field: placed.field.clone(),
                    line: read.line,
                };
                found.add(&read.name, |users| users.places.push(place.clone()));
            }
        }
    }
    for variable in defined {
        for read in variable.text.map(reads).unwrap_or_default() {
            found.add(&read.name, |users| {
                users.variables.insert(variable.name.to_owned());
            });
        }
    }
    found
}

/// One field holds the bare name of a variable instead of a template.
fn reads_of_field(field: &str, text: &str) -> Vec<Read> {
    if field.ends_with("WorkerPoolVariable") && !text.trim().is_empty() {
        return vec![Read {
            name: text.trim().to_owned(),
            line: 1,
        }];
    }
    reads(text)
}

impl Usages {
    /// Notes the use of every variable that `name` stands for: the one called so, all below it (`Servers` reads
    /// `Servers[web].Port`), and the one whose value it reads a part of (`Config.Port` may read into the JSON of `Config`).
    fn add(&mut self, name: &str, note: impl Fn(&mut Users)) {
        let key = key_of(name);
        let mut is_known = false;
        for (known, (_, users)) in &mut self.defined {
            if *known == key || is_below(known, &key) || is_below(&key, known) {
                note(users);
                is_known = true;
            }
        }
        // What the server itself gives.
        if is_known || key == "octopus" || is_below(&key, "octopus") {
            return;
        }
        let entry = self.undefined.entry(key);
        note(
            &mut entry
                .or_insert_with(|| (name.to_owned(), Users::default()))
                .1,
        );
    }
}

fn is_below(key: &str, root: &str) -> bool {
    key.strip_prefix(root)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests;
