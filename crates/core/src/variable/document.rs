//! The document people edit: a set of variables, in the three forms its secrets take.
//!
//! `VariableSet<Sealed>` is stored and answered, `VariableSet<Sealing>` is what a request
//! turned into before the server sealed its new secrets, `VariableSet<Secret>` is open for a
//! deployment. How requests are read: [`super::read`]. Which value wins: [`super::resolve`].

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::access::VariableAccess;
use super::prompt::Prompt;
use super::scope::Scope;
use crate::json::api_enum;
use crate::secret::{Sealed, Secret};

api_enum! {
    /// What a value is; the kinds besides text hold the id of the thing they refer to.
    VariableType {
        String,
        Sensitive,
        Certificate,
        AmazonWebServicesAccount,
        AzureAccount,
        GoogleCloudAccount,
        UsernamePasswordAccount,
        GenericOidcAccount,
        WorkerPool,
    }
}

/// All variables of one owner (a project or a library variable set).
#[derive(Clone)]
pub struct VariableSet<S> {
    /// `variableset-` and the owner's id.
    pub id: String,
    pub owner_id: String,
    pub space_id: String,
    /// Goes up with every save.
    pub version: i64,
    pub variables: Vec<Variable<S>>,
    /// Fields we do not know.
    pub other: Map<String, Value>,
}

/// One value of one name; a name may have many, each with a scope.
#[derive(Clone)]
pub struct Variable<S> {
    /// Unique in its set and never reused: a sealed value is bound to it.
    pub id: String,
    /// Compared in any case; trimmed, never empty.
    pub name: String,
    pub value: VariableValue<S>,
    pub description: String,
    pub is_editable: bool,
    pub scope: Scope,
    pub prompt: Option<Prompt>,
    /// Fields we do not know.
    pub other: Map<String, Value>,
}

/// The value, which also says the variable's type. `None` = there is no value.
#[derive(Clone)]
pub enum VariableValue<S> {
    Text(Option<String>),
    Sensitive(Option<S>),
    /// The id of what it refers to; the type is neither `String` nor `Sensitive`.
    Reference(VariableType, Option<String>),
}

/// A secret on its way into the store.
#[derive(Clone)]
pub enum Sealing {
    /// The client left it alone: what is stored stays.
    Kept(Sealed),
    New(Secret),
}

impl<S> VariableValue<S> {
    #[must_use]
    pub const fn variable_type(&self) -> VariableType {
        match self {
            Self::Text(_) => VariableType::String,
            Self::Sensitive(_) => VariableType::Sensitive,
            Self::Reference(kind, _) => *kind,
        }
    }

    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self, Self::Sensitive(_))
    }

    /// Whether there is a value other than empty text.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        match self {
            Self::Sensitive(secret) => secret.is_some(),
            Self::Text(text) | Self::Reference(_, text) => {
                text.as_ref().is_some_and(|text| !text.is_empty())
            }
        }
    }
}

impl<S> VariableSet<S> {
    /// An empty set for a new owner.
    #[must_use]
    pub fn empty(owner_id: &str, space_id: &str) -> Self {
        Self {
            id: format!("variableset-{owner_id}"),
            owner_id: owner_id.to_owned(),
            space_id: space_id.to_owned(),
            version: 0,
            variables: Vec::new(),
            other: Map::new(),
        }
    }

    /// The same set with every secret turned by `turn`, which gets the variable's id (what a
    /// sealed value is bound to) and the secret.
    ///
    /// # Errors
    /// The first error of `turn`.
    pub fn turn_secrets<T, E>(
        self,
        mut turn: impl FnMut(&str, S) -> Result<T, E>,
    ) -> Result<VariableSet<T>, E> {
        let mut variables = Vec::with_capacity(self.variables.len());
        for variable in self.variables {
            variables.push(variable.turn_secret(&mut turn)?);
        }
        let Self {
            id,
            owner_id,
            space_id,
            version,
            other,
            ..
        } = self;
        Ok(VariableSet {
            id,
            owner_id,
            space_id,
            version,
            variables,
            other,
        })
    }

    /// The set as somebody with this access sees it.
    #[must_use]
    pub fn visible_to(mut self, access: &VariableAccess) -> Self {
        self.variables
            .retain(|variable| access.allows(&variable.scope));
        self
    }

    /// What the API shows: every field, no secret, not even sealed.
    #[must_use]
    pub fn to_api(&self) -> Value {
        self.to_json(|_| Value::Null)
    }

    fn to_json(&self, secret: impl Fn(&S) -> Value) -> Value {
        let mut object = Map::new();
        object.insert("Id".into(), self.id.clone().into());
        object.insert("OwnerId".into(), self.owner_id.clone().into());
        object.insert("SpaceId".into(), self.space_id.clone().into());
        object.insert("Version".into(), self.version.into());
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|variable| variable.to_json(&secret))
            .collect();
        object.insert("Variables".into(), variables.into());
        object.extend(self.other.clone());
        Value::Object(object)
    }
}

impl VariableSet<Sealing> {
    /// Seals the new secrets with `seal`, which gets the variable's id to bind them to.
    ///
    /// # Errors
    /// The first error of `seal`.
    pub fn seal<E>(
        self,
        mut seal: impl FnMut(&str, &Secret) -> Result<Sealed, E>,
    ) -> Result<VariableSet<Sealed>, E> {
        self.turn_secrets(|id, secret| match secret {
            Sealing::Kept(sealed) => Ok(sealed),
            Sealing::New(secret) => seal(id, &secret),
        })
    }
}

impl VariableSet<Sealed> {
    /// Opens every secret with `unseal`, which gets the variable's id.
    ///
    /// # Errors
    /// The first error of `unseal`.
    pub fn unseal<E>(
        self,
        mut unseal: impl FnMut(&str, &Sealed) -> Result<Secret, E>,
    ) -> Result<VariableSet<Secret>, E> {
        self.turn_secrets(|id, sealed| unseal(id, &sealed))
    }
}

impl<S> Variable<S> {
    pub(super) fn turn_secret<T, E>(
        self,
        turn: &mut impl FnMut(&str, S) -> Result<T, E>,
    ) -> Result<Variable<T>, E> {
        let Self {
            id,
            name,
            value,
            description,
            is_editable,
            scope,
            prompt,
            other,
        } = self;
        let value = match value {
            VariableValue::Text(text) => VariableValue::Text(text),
            VariableValue::Reference(kind, text) => VariableValue::Reference(kind, text),
            VariableValue::Sensitive(None) => VariableValue::Sensitive(None),
            VariableValue::Sensitive(Some(secret)) => {
                VariableValue::Sensitive(Some(turn(&id, secret)?))
            }
        };
        Ok(Variable {
            id,
            name,
            value,
            description,
            is_editable,
            scope,
            prompt,
            other,
        })
    }

    fn to_json(&self, secret: impl Fn(&S) -> Value) -> Value {
        let value = match &self.value {
            VariableValue::Text(text) | VariableValue::Reference(_, text) => text.clone().into(),
            VariableValue::Sensitive(sealed) => sealed.as_ref().map_or(Value::Null, secret),
        };
        let mut object = Map::new();
        object.insert("Id".into(), self.id.clone().into());
        object.insert("Name".into(), self.name.clone().into());
        object.insert("Value".into(), value);
        object.insert("Description".into(), self.description.clone().into());
        object.insert("Type".into(), self.value.variable_type().as_str().into());
        object.insert("IsSensitive".into(), self.value.is_sensitive().into());
        object.insert("IsEditable".into(), self.is_editable.into());
        object.insert("Scope".into(), self.scope.to_api());
        object.insert(
            "Prompt".into(),
            self.prompt.as_ref().map_or(Value::Null, Prompt::to_api),
        );
        object.extend(self.other.clone());
        Value::Object(object)
    }
}

/// The stored form: as the API's, with sensitive values sealed.
impl Serialize for VariableSet<Sealed> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        self.to_json(|sealed| sealed.0.clone().into())
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for VariableSet<Sealed> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Value::deserialize(deserializer)?;
        super::read::stored(stored).map_err(serde::de::Error::custom)
    }
}
