//! Reading variable sets: a stored one as it is, a client's one against the set it replaces.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::access::VariableAccess;
use super::catalogue::ScopeCatalogue;
use super::document::{Sealing, Variable, VariableSet, VariableType, VariableValue};
use super::prompt::Prompt;
use super::scope::{Dimension, Scope};
use crate::fields::{Fields, Problem};
use crate::secret::{Sealed, Secret};

/// Most variables in one set.
pub const VARIABLES_MAX: usize = 20_000;
/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 1_000;
/// Longest single value, in bytes; script modules are values too.
pub const VALUE_BYTES_MAX: usize = 4 << 20;
/// Longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 32 << 10;
/// All values of a set together, in bytes.
pub const SET_BYTES_MAX: usize = 32 << 20;

/// Everything wrong with a variable set a client sent; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct InvalidVariables(pub Vec<Problem>);

impl From<Problem> for InvalidVariables {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// Who replaces a set, as far as it matters here.
pub struct Editor<'a> {
    /// What scopes may name.
    pub catalogue: &'a ScopeCatalogue,
    /// Which values the editor can see and change.
    pub access: &'a VariableAccess,
}

impl VariableSet<Sealed> {
    /// The set a client's `PUT` body stands for, replacing `self`: ids are kept or made with
    /// `mint`, untouched secrets stay, the version goes up, the id and the owner cannot change,
    /// and variables the editor cannot see stay as they are.
    ///
    /// # Errors
    /// Everything wrong with the body: names, duplicate ids, scopes that the catalogue does not
    /// know, that this owner cannot use or the editor may not touch, sizes.
    pub fn replaced_by(
        &self,
        body: Value,
        editor: &Editor<'_>,
        mint: &mut dyn FnMut() -> String,
    ) -> Result<VariableSet<Sealing>, InvalidVariables> {
        let mut fields = Fields::of("", body)?;
        let items = fields.list("Variables")?;
        for derived in [
            "Id",
            "OwnerId",
            "SpaceId",
            "Version",
            "ScopeValues",
            "Links",
        ] {
            fields.take(derived);
        }
        if items.len() > VARIABLES_MAX {
            let message = format!(
                "has {} entries; at most {VARIABLES_MAX} are allowed",
                items.len()
            );
            return Err(Problem::new("Variables", message).into());
        }
        let (visible, hidden): (Vec<_>, Vec<_>) = self
            .variables
            .iter()
            .partition(|variable| editor.access.allows(&variable.scope));
        let mut reader = Reader {
            existing: visible
                .into_iter()
                .map(|variable| (variable.id.as_str(), variable))
                .collect(),
            mint,
            ids: BTreeSet::new(),
            hidden: hidden.iter().map(|variable| variable.id.as_str()).collect(),
            problems: Vec::new(),
        };
        let mut variables = Vec::with_capacity(items.len() + hidden.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("Variables[{index}]");
            match reader.variable(&path, item) {
                Ok(variable) => {
                    let is_library = is_library(&self.owner_id);
                    reader
                        .problems
                        .extend(check_scope(&path, &variable.scope, editor, is_library));
                    variables.push(variable);
                }
                Err(problem) => reader.problems.push(problem),
            }
        }
        variables.extend(hidden.into_iter().map(kept));
        let problems = reader.problems;
        let set = VariableSet {
            id: self.id.clone(),
            owner_id: self.owner_id.clone(),
            space_id: self.space_id.clone(),
            version: self.version + 1,
            variables,
            other: fields.rest(),
        };
        finish(set, problems)
    }
}

fn is_library(owner_id: &str) -> bool {
    owner_id.starts_with("LibraryVariableSets-")
}

fn finish(
    set: VariableSet<Sealing>,
    mut problems: Vec<Problem>,
) -> Result<VariableSet<Sealing>, InvalidVariables> {
    let value_bytes: usize = set
        .variables
        .iter()
        .map(|variable| value_bytes(&variable.value))
        .sum();
    if value_bytes > SET_BYTES_MAX {
        let message =
            format!("hold {value_bytes} bytes together; at most {SET_BYTES_MAX} are allowed");
        problems.push(Problem::new("Variables", message));
    }
    if problems.is_empty() {
        Ok(set)
    } else {
        Err(InvalidVariables(problems))
    }
}

fn value_bytes(value: &VariableValue<Sealing>) -> usize {
    match value {
        VariableValue::Text(text) | VariableValue::Reference(_, text) => {
            text.as_ref().map_or(0, String::len)
        }
        VariableValue::Sensitive(Some(Sealing::New(secret))) => secret.expose().len(),
        VariableValue::Sensitive(_) => 0,
    }
}

fn kept(variable: &Variable<Sealed>) -> Variable<Sealing> {
    let kept: Result<_, std::convert::Infallible> = variable
        .clone()
        .turn_secret(&mut |_, sealed| Ok(Sealing::Kept(sealed)));
    match kept {
        Ok(variable) => variable,
    }
}

fn check_scope(path: &str, scope: &Scope, editor: &Editor<'_>, is_library: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !editor.access.allows(scope) {
        problems.push(Problem::new(
            format!("{path}.Scope"),
            "you may not edit values with this scope",
        ));
    }
    for (dimension, ids) in scope.iter() {
        let at = format!("{path}.Scope.{}", dimension.key());
        if is_library
            && matches!(
                dimension,
                Dimension::Action | Dimension::Channel | Dimension::ProcessOwner
            )
        {
            problems.push(Problem::new(
                &at,
                "a library variable set knows no steps, channels or processes; remove this scope",
            ));
            continue;
        }
        for id in ids
            .iter()
            .filter(|id| !editor.catalogue.allows(dimension, id))
        {
            problems.push(Problem::new(
                &at,
                format!("`{id}` does not exist; remove it or use the id of an existing one"),
            ));
        }
    }
    problems
}

/// Reads the variables of one body, one after the other.
struct Reader<'a> {
    existing: BTreeMap<&'a str, &'a Variable<Sealed>>,
    mint: &'a mut dyn FnMut() -> String,
    ids: BTreeSet<String>,
    hidden: BTreeSet<&'a str>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn variable(&mut self, path: &str, item: Value) -> Result<Variable<Sealing>, Problem> {
        let mut fields = Fields::of(path, item)?;
        let id = self.id(&mut fields)?;
        let known = self.existing.get(id.as_str()).copied();
        let before = known.and_then(|variable| match &variable.value {
            VariableValue::Sensitive(sealed) => sealed.clone(),
            _ => None,
        });
        let secret = |text: Option<String>| match text {
            Some(text) if !text.is_empty() => Some(Sealing::New(Secret::new(text))),
            _ => before.map(Sealing::Kept),
        };
        rest_of(id, fields, secret)
    }

    /// A new variable has no id (Octopus' rule); one it has must be a plain word and occur once.
    fn id(&mut self, fields: &mut Fields) -> Result<String, Problem> {
        let id = fields
            .text("Id")?
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| (self.mint)());
        let is_word = |id: &str| {
            id.len() <= 100
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        };
        if !is_word(&id) {
            return Err(Problem::new(
                fields.path_of("Id"),
                "is not an id; leave it out for a new variable",
            ));
        }
        if self.hidden.contains(id.as_str()) {
            return Err(Problem::new(
                fields.path_of("Id"),
                format!("you may not edit `{id}`"),
            ));
        }
        if !self.ids.insert(id.clone()) {
            return Err(Problem::new(
                fields.path_of("Id"),
                format!("`{id}` is used twice; leave the id of a new variable out"),
            ));
        }
        Ok(id)
    }
}

/// Reads a set as the store keeps it. Nothing is checked against anything else.
pub(super) fn stored(document: Value) -> Result<VariableSet<Sealed>, Problem> {
    let mut fields = Fields::of("", document)?;
    let mut variables = Vec::new();
    for (index, item) in fields.list("Variables")?.into_iter().enumerate() {
        let mut fields = Fields::of(format!("Variables[{index}]"), item)?;
        let id = fields.text("Id")?.unwrap_or_default();
        variables.push(rest_of(id, fields, |text| text.map(Sealed))?);
    }
    Ok(VariableSet {
        id: fields.text("Id")?.unwrap_or_default(),
        owner_id: fields.text("OwnerId")?.unwrap_or_default(),
        space_id: fields.text("SpaceId")?.unwrap_or_default(),
        version: fields.whole("Version")?.unwrap_or(0),
        variables,
        other: fields.rest(),
    })
}

/// Everything but the id. `secret` turns what stands in a sensitive variable's `Value`.
fn rest_of<S>(
    id: String,
    mut fields: Fields,
    secret: impl FnOnce(Option<String>) -> Option<S>,
) -> Result<Variable<S>, Problem> {
    let name = name(&mut fields)?;
    let kind = variable_type(&mut fields)?;
    let text = fields.text("Value")?;
    at_most(&fields, "Value", text.as_deref(), VALUE_BYTES_MAX)?;
    let value = match kind {
        VariableType::String => VariableValue::Text(text),
        VariableType::Sensitive => VariableValue::Sensitive(secret(text)),
        kind => VariableValue::Reference(kind, text),
    };
    let description = fields.text("Description")?.unwrap_or_default();
    at_most(
        &fields,
        "Description",
        Some(&description),
        DESCRIPTION_BYTES_MAX,
    )?;
    let prompt = match fields.take("Prompt") {
        Some(prompt) => Some(Prompt::from_api(&fields.path_of("Prompt"), prompt)?),
        None => None,
    };
    let scope = fields.take("Scope");
    Ok(Variable {
        id,
        name,
        value,
        description,
        is_editable: fields.flag("IsEditable")?.unwrap_or(true),
        scope: Scope::from_api(&fields.path_of("Scope"), scope)?,
        prompt,
        other: fields.rest(),
    })
}

fn name(fields: &mut Fields) -> Result<String, Problem> {
    let name = fields.text("Name")?.unwrap_or_default().trim().to_owned();
    let wrong = |message: &str| Err(Problem::new(fields.path_of("Name"), message));
    if name.is_empty() {
        return wrong("is empty; every variable needs a name");
    }
    if name.chars().any(char::is_control) {
        return wrong("contains a control character; remove it");
    }
    at_most(fields, "Name", Some(&name), NAME_BYTES_MAX)?;
    Ok(name)
}

/// Clients say "sensitive" in two places; either makes it so, so that no secret is stored openly.
fn variable_type(fields: &mut Fields) -> Result<VariableType, Problem> {
    let is_sensitive = fields.flag("IsSensitive")?.unwrap_or(false);
    let text = fields.text("Type")?.filter(|text| !text.is_empty());
    let kind = match text {
        None => VariableType::String,
        Some(text) => VariableType::parse(&text).ok_or_else(|| {
            Problem::new(
                fields.path_of("Type"),
                format!("must be one of {}", VariableType::VALUES.join(", ")),
            )
        })?,
    };
    Ok(if is_sensitive {
        VariableType::Sensitive
    } else {
        kind
    })
}

fn at_most(
    fields: &Fields,
    name: &str,
    text: Option<&str>,
    bytes_max: usize,
) -> Result<(), Problem> {
    match text.map_or(0, str::len) {
        bytes if bytes > bytes_max => Err(Problem::new(
            fields.path_of(name),
            format!("is {bytes} bytes long; at most {bytes_max} are allowed"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
