//! Where a value applies, and how specific that is. Which of several values wins: [`super::resolve`].

use serde_json::{Map, Value};

use crate::fields::Problem;

/// One question a scope can ask about the place a value is used in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    Environment,
    Machine,
    /// Target tag; Octopus' older word is still the one on the wire.
    Role,
    Action,
    Channel,
    TenantTag,
    ProcessOwner,
    /// Only for values that come from a tenant; not allowed in a variable set.
    Tenant,
}

impl Dimension {
    /// The dimensions a variable set may use, in the order they are written.
    pub const IN_SETS: [Self; 7] = [
        Self::Environment,
        Self::Machine,
        Self::Role,
        Self::Action,
        Self::Channel,
        Self::TenantTag,
        Self::ProcessOwner,
    ];

    /// The key in `Scope`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Machine => "Machine",
            Self::Role => "Role",
            Self::Action => "Action",
            Self::Channel => "Channel",
            Self::TenantTag => "TenantTag",
            Self::ProcessOwner => "ProcessOwner",
            Self::Tenant => "Tenant",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Machine => "target",
            Self::Role => "target tag",
            Self::Action => "step",
            Self::Channel => "channel",
            Self::TenantTag => "tenant tag",
            Self::ProcessOwner => "process",
            Self::Tenant => "tenant",
        }
    }

    fn parse(key: &str) -> Option<Self> {
        Self::IN_SETS
            .into_iter()
            .find(|dimension| dimension.key().eq_ignore_ascii_case(key))
    }
}

/// For each dimension named: the ids (tag names for tags) of which one must match. Empty = everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// No dimension twice, no empty list, ids as written and without repetition.
    dimensions: Vec<(Dimension, Vec<String>)>,
}

impl Scope {
    /// A scope of the given dimensions; repeated ones are joined, empty ones dropped.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = (Dimension, Vec<String>)>) -> Self {
        let mut scope = Self::default();
        for (dimension, ids) in parts {
            for id in ids {
                scope.add(dimension, id);
            }
        }
        scope
    }

    fn add(&mut self, dimension: Dimension, id: String) {
        match self.dimensions.iter_mut().find(|(d, _)| *d == dimension) {
            Some((_, ids)) if ids.iter().any(|known| same(known, &id)) => {}
            Some((_, ids)) => ids.push(id),
            None => self.dimensions.push((dimension, vec![id])),
        }
    }

    /// Reads the `Scope` object of a variable.
    ///
    /// # Errors
    /// When it is not an object of string arrays, or a key is not one of [`Dimension::IN_SETS`]:
    /// ignoring an unknown key would silently widen where the value applies.
    pub fn from_api(path: &str, value: Option<Value>) -> Result<Self, Problem> {
        let mut scope = Self::default();
        let object = match value {
            None | Some(Value::Null) => return Ok(scope),
            Some(Value::Object(object)) => object,
            Some(_) => {
                return Err(Problem::new(
                    path,
                    "must be an object such as {\"Environment\": [\"Environments-1\"]}",
                ));
            }
        };
        for (key, ids) in object {
            let at = format!("{path}.{key}");
            let dimension = Dimension::parse(&key).ok_or_else(|| {
                let known: Vec<_> = Dimension::IN_SETS.iter().map(|d| d.key()).collect();
                Problem::new(
                    &at,
                    format!("is not a scope; use one of {}", known.join(", ")),
                )
            })?;
            for id in ids_of(&at, ids)? {
                scope.add(dimension, id);
            }
        }
        Ok(scope)
    }

    /// The `Scope` object of a variable; dimensions without ids are left out.
    #[must_use]
    pub fn to_api(&self) -> Value {
        let entry = |(dimension, ids): &(Dimension, Vec<String>)| {
            (dimension.key().to_owned(), Value::from(ids.clone()))
        };
        Value::Object(self.dimensions.iter().map(entry).collect::<Map<_, _>>())
    }

    #[must_use]
    pub fn is_unscoped(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// Whether it names the same, in whatever order and case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let covers = |one: &Self, other: &Self| {
            one.iter().all(|(dimension, ids)| {
                let others = other.ids(dimension);
                !others.is_empty() && ids.iter().all(|id| contains(others, id))
            })
        };
        covers(self, other) && covers(other, self)
    }

    /// The ids asked for in `dimension`; none if the scope does not name it.
    #[must_use]
    pub fn ids(&self, dimension: Dimension) -> &[String] {
        let named = self.dimensions.iter().find(|(d, _)| *d == dimension);
        named.map_or(&[], |(_, ids)| ids.as_slice())
    }

    pub fn iter(&self) -> impl Iterator<Item = (Dimension, &[String])> {
        self.dimensions.iter().map(|(d, ids)| (*d, ids.as_slice()))
    }

    /// How specific this scope is in `context`; `None` when it does not apply there.
    #[must_use]
    pub fn matches(&self, context: &ScopeContext) -> Option<Specificity> {
        let mut bits = 0;
        for (dimension, ids) in self.iter() {
            bits |= 1 << context.rank(dimension, ids)?;
        }
        Some(Specificity(bits))
    }

    /// The dimensions in which it does not apply in `context`; none when it does.
    #[must_use]
    pub fn misses(&self, context: &ScopeContext) -> Vec<Dimension> {
        let missed = self
            .iter()
            .filter(|(dimension, ids)| context.rank(*dimension, ids).is_none());
        missed.map(|(dimension, _)| dimension).collect()
    }
}

fn ids_of(path: &str, value: Value) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::new(path, "must be an array of ids");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(id) if !id.trim().is_empty() => Ok(id),
                _ => Err(wrong()),
            })
            .collect(),
        _ => Err(wrong()),
    }
}

/// One bit per dimension a matching scope names, the highest-ranked dimension in the highest
/// bit: comparing two as numbers looks at the highest dimension first, as style sheets do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity(u16);

/// What people call the ranks of [`ScopeContext::rank`], the highest first.
const RANKS: [(u16, &str); 9] = [
    (9, "step"),
    (8, "target"),
    (7, "target tag of the step"),
    (6, "target tag"),
    (5, "tenant"),
    (4, "tenant tag"),
    (3, "environment"),
    (2, "channel"),
    (1, "process"),
];

/// The dimensions it counts, the highest first: `environment and channel`, or `no scope`.
impl std::fmt::Display for Specificity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = RANKS.iter().filter(|(rank, _)| self.0 & (1 << rank) != 0);
        let words: Vec<&str> = named.map(|(_, word)| *word).collect();
        match words.split_last() {
            None => f.write_str("no scope"),
            Some((last, [])) => f.write_str(last),
            Some((last, before)) => write!(f, "{} and {last}", before.join(", ")),
        }
    }
}

/// The place a value is asked for. What is `None` or empty matches no scope that names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeContext {
    pub environment: Option<String>,
    pub machine: Option<String>,
    /// Target tags of the machine.
    pub machine_tags: Vec<String>,
    /// Target tags the step runs on.
    pub step_tags: Vec<String>,
    pub action: Option<String>,
    /// `None` in runbooks: values scoped to a channel never apply there (Octopus' rule).
    pub channel: Option<String>,
    pub tenant: Option<String>,
    /// Canonical names, e.g. `Release ring/Beta`.
    pub tenant_tags: Vec<String>,
    /// The project (its deployment process) or a runbook.
    pub process_owner: Option<String>,
}

impl ScopeContext {
    /// Rank of a match (higher is more specific; Octopus' table), `None` without a match.
    fn rank(&self, dimension: Dimension, ids: &[String]) -> Option<u16> {
        let one = |here: &Option<String>| here.as_ref().is_some_and(|here| contains(ids, here));
        let any = |here: &[String]| here.iter().any(|here| contains(ids, here));
        match dimension {
            Dimension::Action => one(&self.action).then_some(9),
            Dimension::Machine => one(&self.machine).then_some(8),
            Dimension::Role => self.tag_rank(ids),
            Dimension::Tenant => one(&self.tenant).then_some(5),
            Dimension::TenantTag => any(&self.tenant_tags).then_some(4),
            Dimension::Environment => one(&self.environment).then_some(3),
            Dimension::Channel => one(&self.channel).then_some(2),
            Dimension::ProcessOwner => one(&self.process_owner).then_some(1),
        }
    }

    /// Whether the place says anything in this dimension.
    #[must_use]
    pub fn names(&self, dimension: Dimension) -> bool {
        match dimension {
            Dimension::Action => self.action.is_some(),
            Dimension::Machine => self.machine.is_some(),
            Dimension::Role => !self.machine_tags.is_empty(),
            Dimension::Tenant => self.tenant.is_some(),
            Dimension::TenantTag => !self.tenant_tags.is_empty(),
            Dimension::Environment => self.environment.is_some(),
            Dimension::Channel => self.channel.is_some(),
            Dimension::ProcessOwner => self.process_owner.is_some(),
        }
    }

    /// A tag on the machine that the step also targets beats one that is only on the machine.
    fn tag_rank(&self, ids: &[String]) -> Option<u16> {
        let mut rank = None;
        for tag in self.machine_tags.iter().filter(|tag| contains(ids, tag)) {
            let targeted = contains(&self.step_tags, tag);
            rank = rank.max(Some(if targeted { 7 } else { 6 }));
        }
        rank
    }
}

fn contains(ids: &[String], id: &str) -> bool {
    ids.iter().any(|known| same(known, id))
}

/// Ids and tags are equal in any case (Octopus' rule).
fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope(value: Value) -> Scope {
        Scope::from_api("Scope", Some(value)).unwrap()
    }

    fn context() -> ScopeContext {
        ScopeContext {
            environment: Some("Environments-1".into()),
            machine: Some("Machines-1".into()),
            machine_tags: vec!["web".into(), "db".into()],
            step_tags: vec!["web".into()],
            action: Some("a1".into()),
            channel: Some("Channels-1".into()),
            tenant: Some("Tenants-1".into()),
            tenant_tags: vec!["Ring/Beta".into()],
            process_owner: Some("Projects-1".into()),
        }
    }

    #[test]
    fn the_rank_table_holds_pair_by_pair() {
        let by_rank = [
            json!({"Action": ["a1"]}),
            json!({"Machine": ["Machines-1"]}),
            json!({"Role": ["web"]}),
            json!({"Role": ["db"]}),
            json!({"TenantTag": ["Ring/Beta"]}),
            json!({"Environment": ["Environments-1"]}),
            json!({"Channel": ["Channels-1"]}),
            json!({"ProcessOwner": ["Projects-1"]}),
            json!({}),
        ];
        let ranks: Vec<_> = by_rank
            .into_iter()
            .map(|s| scope(s).matches(&context()).unwrap())
            .collect();
        assert!(ranks.windows(2).all(|pair| pair[0] > pair[1]), "{ranks:?}");
    }

    #[test]
    fn the_highest_dimension_decides_and_then_the_next() {
        let rank = |value| scope(value).matches(&context()).unwrap();
        let tag = rank(json!({"Role": ["db"]}));
        let both = rank(json!({"Role": ["db"], "Environment": ["Environments-1"]}));
        let environment = rank(json!({"Environment": ["Environments-1"]}));
        assert!(both > tag && tag > environment);
        let lower_ones = rank(
            json!({"Environment": ["Environments-1"], "Channel": ["Channels-1"], "TenantTag": ["Ring/Beta"]}),
        );
        assert!(tag > lower_ones);
    }

    #[test]
    fn one_id_of_a_dimension_is_enough_but_every_dimension_must_match() {
        let here = context();
        assert!(
            scope(json!({"Environment": ["x", "environments-1"]}))
                .matches(&here)
                .is_some()
        );
        assert!(
            scope(json!({"Environment": ["Environments-1"], "Machine": ["Machines-2"]}))
                .matches(&here)
                .is_none()
        );
        assert!(
            scope(json!({"Channel": ["Channels-1"]}))
                .matches(&ScopeContext::default())
                .is_none()
        );
    }

    #[test]
    fn a_scope_that_is_not_understood_is_refused() {
        let refused = |value| {
            Scope::from_api("Variables[0].Scope", Some(value))
                .unwrap_err()
                .to_string()
        };
        assert!(
            refused(json!({"Enviroment": ["x"]})).starts_with(
                "Variables[0].Scope.Enviroment: is not a scope; use one of Environment,"
            )
        );
        assert_eq!(
            refused(json!({"Role": "web"})),
            "Variables[0].Scope.Role: must be an array of ids"
        );
        assert!(refused(json!(["x"])).contains("must be an object"));
    }

    #[test]
    fn a_scope_reads_as_it_was_written() {
        let written = json!({"Role": ["web", "db"], "Environment": ["Environments-2"]});
        assert_eq!(scope(written.clone()).to_api(), written);
        assert_eq!(
            scope(json!({"role": ["web", "WEB"], "Machine": []})).to_api(),
            json!({"Role": ["web"]})
        );
    }
}
