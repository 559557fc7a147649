//! Giving a process a client sent the ids, slugs and secrets it could not know.
//!
//! Ids stay what they were, matched by id and then by name, because variables, skips and
//! Terraform state refer to them (Octopus' rule). Slugs stay with their step through a
//! rename, so that dependencies never break.

use std::collections::HashSet;

use super::{Action, DeploymentProcess, Step};
use crate::name::{Slug, key};

impl DeploymentProcess {
    /// Completes this process as the successor of `previous`. `new_id` makes ids that were never used before.
    pub fn adopt(&mut self, previous: Option<&Self>, new_id: &mut dyn FnMut() -> String) {
        let old_steps: &[Step] = previous.map_or(&[], |p| &p.steps);
        let step_matches = matches(&self.steps, old_steps);
        for (step, old) in self.steps.iter_mut().zip(&step_matches) {
            step.adopt(*old, new_id);
        }
        let step_slugs = self
            .steps
            .iter_mut()
            .map(|s| (s.name.as_str(), &mut s.slug))
            .collect();
        fill_slugs(step_slugs);
        let action_slugs = self.steps.iter_mut().flat_map(|s| &mut s.actions);
        fill_slugs(
            action_slugs
                .map(|a| (a.name.as_str(), &mut a.slug))
                .collect(),
        );
    }
}

impl Step {
    fn adopt(&mut self, previous: Option<&Self>, new_id: &mut dyn FnMut() -> String) {
        if let [only] = self.actions.as_mut_slice()
            && only.name.trim().is_empty()
        {
            only.name.clone_from(&self.name);
        }
        self.id = identity(&self.id, previous.map(|p| p.id.as_str()), new_id);
        if let (true, Some(previous)) = (self.slug.is_empty(), previous) {
            self.slug.clone_from(&previous.slug);
        }
        self.properties
            .keep_secrets_of(previous.map(|p| &p.properties));
        let old_actions: &[Action] = previous.map_or(&[], |p| &p.actions);
        let action_matches = matches(&self.actions, old_actions);
        for (action, old) in self.actions.iter_mut().zip(&action_matches) {
            action.adopt(*old, new_id);
        }
    }
}

impl Action {
    fn adopt(&mut self, previous: Option<&Self>, new_id: &mut dyn FnMut() -> String) {
        self.id = identity(&self.id, previous.map(|p| p.id.as_str()), new_id);
        if let (true, Some(previous)) = (self.slug.is_empty(), previous) {
            self.slug.clone_from(&previous.slug);
        }
        self.properties
            .keep_secrets_of(previous.map(|p| &p.properties));
        for package in &mut self.packages {
            let old = previous.and_then(|p| p.packages.iter().find(|o| o.name == package.name));
            package.id = identity(&package.id, old.map(|o| o.id.as_str()), new_id);
        }
    }
}

/// An id sent is kept (imports bring their own), else the predecessor's, else a new one.
fn identity(sent: &str, previous: Option<&str>, new_id: &mut dyn FnMut() -> String) -> String {
    match (sent.is_empty(), previous) {
        (false, _) => sent.to_owned(),
        (true, Some(previous)) => previous.to_owned(),
        (true, None) => new_id(),
    }
}

trait Named {
    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

impl Named for Step {
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Action {
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
}

/// For each of `new` its predecessor among `old`: by id where one was sent, else by name; none is used twice.
fn matches<'o, T: Named>(new: &[T], old: &'o [T]) -> Vec<Option<&'o T>> {
    let mut used = HashSet::new();
    let by_id: Vec<Option<usize>> = new
        .iter()
        .map(|item| {
            old.iter()
                .position(|o| !item.id().is_empty() && o.id() == item.id())
                .filter(|i| used.insert(*i))
        })
        .collect();
    let by_name = |item: &T, used: &mut HashSet<usize>| {
        let same = |(i, o): &(usize, &T)| !used.contains(i) && key(o.name()) == key(item.name());
        let found = old
            .iter()
            .enumerate()
            .find(same)
            .map(|(i, _)| i)
            .filter(|_| item.id().is_empty());
        used.extend(found);
        found
    };
    new.iter()
        .zip(by_id)
        .map(|(item, id)| id.or_else(|| by_name(item, &mut used)).map(|i| &old[i]))
        .collect()
}

/// Gives every entry without a slug one from its name that nothing else in the process uses.
fn fill_slugs(entries: Vec<(&str, &mut String)>) {
    let mut taken: HashSet<String> = entries.iter().map(|(_, slug)| (**slug).clone()).collect();
    for (name, slug) in entries {
        if slug.is_empty() {
            *slug = Slug::from_name(name)
                .unique(|candidate| taken.contains(candidate))
                .into();
            taken.insert(slug.clone());
        }
    }
}
