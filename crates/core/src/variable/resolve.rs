//! Which of a name's values holds at a place, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{VariableSet, VariableValue};
use super::reference::{Referred, expands};
use super::scope::{Scope, ScopeContext, Specificity};
use crate::secret::Secret;
use crate::template::path::key_of;
use crate::template::{Binding, Source, Text};

/// Where a value comes from, the strongest first among values with equally specific scopes (Octopus' rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Project,
    Tenant,
    /// A library variable set, by its position in the project's list: an earlier one is stronger.
    Library(usize),
}

/// All variable sets of one deployment, frozen and opened; each value is parsed once.
pub struct Variables {
    /// By key; no list is empty.
    names: Vec<(Arc<str>, Vec<Candidate>)>,
    /// What the accounts and certificates give that variables name.
    referred: Referred,
}

/// One value of a name.
pub struct Candidate {
    pub id: String,
    pub name: Arc<str>,
    pub origin: Origin,
    pub scope: Scope,
    source: Source,
    sensitive: bool,
    /// The id of what it refers to.
    refers: Option<String>,
}

/// What became of one value of a name at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Wins,
    /// Applies, but a value with a more specific scope, or a stronger origin, wins.
    Beaten,
    /// Applies and is as specific as the winner, with the same origin: only its id decided.
    /// Worth a warning.
    Ambiguous,
    /// Its scope does not match here.
    Elsewhere,
}

impl Variables {
    /// `answers` are values given for prompted variables, by variable id: they replace that
    /// value, and they are data (whoever deploys may not be allowed to write templates).
    #[must_use]
    pub fn new(
        sets: Vec<(Origin, VariableSet<Secret>)>,
        answers: &BTreeMap<String, String>,
    ) -> Self {
        let mut names: BTreeMap<Arc<str>, Vec<Candidate>> = BTreeMap::new();
        for (origin, set) in sets {
            for variable in set.variables {
                let sensitive = variable.value.is_sensitive();
                let refers = refers(&variable.value, answers.get(&variable.id));
                let source = match answers.get(&variable.id) {
                    Some(answer) => Source::data(text_of(answer.clone(), sensitive)),
                    None => match variable.value {
                        VariableValue::Sensitive(Some(secret)) => {
                            Source::template(Text::Secret(secret))
                        }
                        VariableValue::Sensitive(None) => {
                            Source::data(text_of(String::new(), true))
                        }
                        VariableValue::Text(text) | VariableValue::Reference(_, text) => {
                            Source::template(Text::plain(text.unwrap_or_default()))
                        }
                    },
                };
                let key = key_of(&variable.name).into();
                let name = variable.name.into();
                let (id, scope) = (variable.id, variable.scope);
                names.entry(key).or_default().push(Candidate {
                    id,
                    name,
                    origin,
                    scope,
                    source,
                    sensitive,
                    refers,
                });
            }
        }
        Self {
            names: names.into_iter().collect(),
            referred: Referred::new(),
        }
    }

    /// The same with what the things give that variables refer to.
    #[must_use]
    pub fn with_referred(self, referred: Referred) -> Self {
        Self { referred, ..self }
    }

    /// The winning value of every name that has one at this place, in the order of keys; behind them what those that
    /// refer to an account or a certificate give.
    #[must_use]
    pub fn bindings(&self, context: &ScopeContext) -> Vec<Binding> {
        let (mut all, mut given) = (Vec::with_capacity(self.names.len()), Vec::new());
        for (key, candidates) in &self.names {
            let Some(winner) = winner(candidates, context) else {
                continue;
            };
            all.push(Binding {
                key: key.clone(),
                name: winner.name.clone(),
                source: winner.source.clone(),
            });
            let parts = winner.refers.as_ref().and_then(|id| self.referred.get(id));
            given.extend(parts.into_iter().flatten().map(|(part, text)| {
                let name = format!("{}.{part}", winner.name);
                Binding::new(&name, Source::data(text.clone()))
            }));
        }
        all.append(&mut given);
        all
    }

    /// Every value of a name with what became of it at this place, the winner first; none for an unknown name.
    #[must_use]
    pub fn explain(&self, name: &str, context: &ScopeContext) -> Vec<(&Candidate, Verdict)> {
        let Some(candidates) = self.of(name) else {
            return Vec::new();
        };
        let won = winner(candidates, context);
        let best = won.and_then(|won| won.rank(context));
        let verdict = |candidate: &Candidate| match candidate.rank(context) {
            None => Verdict::Elsewhere,
            Some(_) if won.is_some_and(|won| std::ptr::eq(won, candidate)) => Verdict::Wins,
            rank if rank == best => Verdict::Ambiguous,
            Some(_) => Verdict::Beaten,
        };
        let mut all: Vec<_> = candidates
            .iter()
            .map(|candidate| (candidate, verdict(candidate)))
            .collect();
        all.sort_by(|(a, _), (b, _)| b.order(context).cmp(&a.order(context)));
        all
    }

    /// Every name there is, in the order of keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .map(|(_, candidates)| &*candidates[0].name)
    }

    /// Names of which two values tie at this place, so that only their ids decide.
    #[must_use]
    pub fn ambiguous(&self, context: &ScopeContext) -> Vec<&str> {
        let ties = |candidates: &[Candidate]| {
            let best = winner(candidates, context).and_then(|won| won.rank(context));
            best.is_some()
                && candidates
                    .iter()
                    .filter(|candidate| candidate.rank(context) == best)
                    .count()
                    > 1
        };
        let tied = self.names.iter().filter(|(_, candidates)| ties(candidates));
        tied.map(|(_, candidates)| &*candidates[0].name).collect()
    }

    /// Every secret, wherever its scope applies: what no log of the deployment may show.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let all = self.names.iter().flat_map(|(_, candidates)| candidates);
        let own = all.filter(|candidate| candidate.sensitive);
        let referred = self.referred.values().flatten();
        let referred = referred.filter(|(_, text)| text.is_sensitive());
        own.map(|candidate| candidate.source.text().expose())
            .chain(referred.map(|(_, text)| text.expose()))
    }

    fn of(&self, name: &str) -> Option<&[Candidate]> {
        let key = key_of(name);
        let at = self
            .names
            .binary_search_by(|(known, _)| (**known).cmp(&*key))
            .ok()?;
        Some(&self.names[at].1)
    }
}

impl Candidate {
    /// The value as written, secret or not.
    #[must_use]
    pub const fn text(&self) -> &Text {
        self.source.text()
    }

    fn rank(&self, context: &ScopeContext) -> Option<(Specificity, std::cmp::Reverse<Origin>)> {
        Some((self.scope.matches(context)?, std::cmp::Reverse(self.origin)))
    }

    /// What values are compared by, the greatest wins; the smaller id does where all else is equal.
    fn order(
        &self,
        context: &ScopeContext,
    ) -> (
        Option<(Specificity, std::cmp::Reverse<Origin>)>,
        std::cmp::Reverse<&str>,
    ) {
        (self.rank(context), std::cmp::Reverse(&self.id))
    }
}

/// The id of the account or certificate that the value is, as it stands: a template in its place is not looked into.
fn refers(value: &VariableValue<Secret>, answer: Option<&String>) -> Option<String> {
    match value {
        VariableValue::Reference(kind, id) if expands(*kind) => answer.or(id.as_ref()).cloned(),
        _ => None,
    }
}

fn winner<'c>(candidates: &'c [Candidate], context: &ScopeContext) -> Option<&'c Candidate> {
    let applying = candidates
        .iter()
        .filter(|candidate| candidate.scope.matches(context).is_some());
    applying.max_by(|a, b| a.order(context).cmp(&b.order(context)))
}

fn text_of(text: String, sensitive: bool) -> Text {
    if sensitive {
        Text::Secret(Secret::new(text))
    } else {
        Text::plain(text)
    }
}

#[cfg(test)]
mod tests;
