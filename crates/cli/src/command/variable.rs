//! Variables of a project.

mod preview;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use regatta_core::ocl;
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use serde_json::{Map, Value, json};

use super::process::{Of, file as process_file};
use super::{Ended, written};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, text};
use crate::output::{Column, cell_text, raw};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Variable {
    /// All values. Sensitive ones are never shown.
    #[command(
        after_help = "Examples:\n  regatta variable list -p web-shop\n  regatta variable list -p web-shop --ocl > variables.ocl"
    )]
    List {
        /// As a file of Octopus' configuration language.
        #[arg(long)]
        ocl: bool,
    },
    /// Set a value: the one with this name and scope, or a new one.
    Set(Set),
    /// Take a value away.
    #[command(
        after_help = "Examples:\n  regatta variable unset Color -p web-shop\n  regatta variable unset Color --env Test -p web-shop"
    )]
    Unset {
        /// Name of the variable.
        name: String,
        #[command(flatten)]
        scope: ScopeOptions,
    },
    /// What each name would be at a place, and why.
    Preview(preview::Preview),
    /// Replace all values that are not sensitive with a file's.
    #[command(
        after_help = "Examples:\n  regatta variable apply -p web-shop -f variables.ocl\n  regatta variable apply -p web-shop -f - --yes"
    )]
    Apply {
        /// OCL; - for standard input.
        #[arg(short, long)]
        file: PathBuf,
    },
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta variable set Color green --env Test -p web-shop\n  pass show db | regatta variable set Password --sensitive -p web-shop"
)]
pub struct Set {
    /// Name of the variable.
    name: String,
    /// The value; a sensitive one comes from standard input only.
    #[arg(required_unless_present = "sensitive", conflicts_with = "sensitive")]
    value: Option<String>,
    /// Keep it secret. The value is read from standard input.
    #[arg(long)]
    sensitive: bool,
    #[command(flatten)]
    scope: ScopeOptions,
}

#[derive(Args)]
pub struct ScopeOptions {
    /// Only in this environment.
    #[arg(long = "env", value_name = "NAME", add = Named::Environments.of_server())]
    environments: Vec<String>,
    /// Only on machines with this target tag.
    #[arg(long, value_name = "TAG")]
    role: Vec<String>,
}

impl Variable {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Preview(_))
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let project = session.project(&api).await?;
        if let Self::Preview(preview) = self {
            preview.run(session, &api, &project).await?;
            return Ok(Exit::Done);
        }
        let path = api.in_space(&format!(
            "projects/{}/variables",
            part(&text(&project, "Id"))
        ));
        let set = api.get(&path).await?;
        match self {
            Self::List { ocl: true } => {
                let of = Of::read(session, &api, &project).await?;
                raw(&ocl::variables::print(
                    &typed(&set)?,
                    &process_file::references(&of).await?,
                ))?;
            }
            Self::List { ocl: false } => {
                let items = set["Variables"].as_array().cloned().unwrap_or_default();
                session.out.list(&columns(&api).await?, &items)?;
            }
            Self::Set(wanted) => wanted.run(session, &api, set).await?,
            Self::Unset { name, scope } => unset(session, &api, set, &name, &scope).await?,
            Self::Preview(_) => {}
            Self::Apply { file } => {
                let of = Of::read(session, &api, &project).await?;
                apply(&of, set, &file).await?;
            }
        }
        Ok(Exit::Done)
    }
}

fn typed(set: &Value) -> Result<VariableSet<Sealed>> {
    serde_json::from_value(set.clone())
        .map_err(|error| Failure::invalid(format!("The variables cannot be read: {error}.")))
}

async fn save(session: &Session, api: &Api, set: &Value) -> Result<()> {
    let path = api.in_space(&format!("variables/{}", part(&text(set, "Id"))));
    let saved = api.put(&path, set).await?;
    session
        .out
        .say(&format!("Saved version {}.", saved["Version"]));
    Ok(())
}

async fn apply(of: &Of<'_>, mut set: Value, file: &std::path::Path) -> Result<()> {
    let content = written::read_something(file)?;
    let before = typed(&set)?;
    let references = process_file::references(of).await?;
    let after = ocl::variables::read(&content, &before, &references)
        .map_err(|error| written::wrong(file, error))?;
    let changes = regatta_core::diff::variables(&before, &after);
    if changes.is_empty() {
        of.session.out.say("Nothing to change.");
        return Ok(());
    }
    for change in &changes {
        of.session.out.say(&format!("  {change}"));
    }
    of.session.confirm("Apply?")?;
    set["Variables"] = after.to_api()["Variables"].clone();
    save(of.session, of.api, &set).await
}

impl Set {
    async fn run(self, session: &Session, api: &Api, mut set: Value) -> Result<()> {
        let value = if self.sensitive {
            secret()?
        } else {
            self.value.unwrap_or_default()
        };
        let scope = self.scope.resolve(api).await?;
        let items = variables(&mut set)?;
        let kind = if self.sensitive {
            "Sensitive"
        } else {
            "String"
        };
        match items.iter_mut().find(|item| is_same(item, &self.name, &scope)) {
            Some(item) => {
                item["Value"] = json!(value);
                if self.sensitive || item["Type"] == "Sensitive" {
                    item["Type"] = json!("Sensitive");
                    item["IsSensitive"] = json!(true);
                }
            }
            None => items.push(json!({
                "Name": self.name, "Value": value, "Type": kind, "IsSensitive": self.sensitive, "IsEditable": true, "Scope": scope,
            })),
        }
        save(session, api, &set).await
    }
}

/// All of standard input, without the line end that `echo` adds.
fn secret() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("Standard input cannot be read: {error}.")))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Failure::usage("There is no value on standard input."));
    }
    Ok(text.to_owned())
}

async fn unset(
    session: &Session,
    api: &Api,
    mut set: Value,
    name: &str,
    scope: &ScopeOptions,
) -> Result<()> {
    let scope = scope.resolve(api).await?;
    let items = variables(&mut set)?;
    let before = items.len();
    items.retain(|item| !is_same(item, name, &scope));
    if items.len() == before {
        let named: Vec<String> = items
            .iter()
            .filter(|item| is_named(item, name))
            .map(|item| cell_text(&item["Scope"]))
            .collect();
        let failure = Failure::not_found(format!("There is no value of `{name}` with this scope."));
        return Err(match named.len() {
            0 => failure.next("regatta variable list"),
            count => failure
                .why(format!("There are {count} with other scopes."))
                .next("give its scope, as in regatta variable list"),
        });
    }
    save(session, api, &set).await
}

fn variables(set: &mut Value) -> Result<&mut Vec<Value>> {
    set["Variables"]
        .as_array_mut()
        .ok_or_else(|| Failure::unexpected("The server answered no variables."))
}

fn is_named(item: &Value, name: &str) -> bool {
    text(item, "Name").trim().to_lowercase() == name.trim().to_lowercase()
}

fn is_same(item: &Value, name: &str, scope: &Value) -> bool {
    is_named(item, name) && as_sets(&item["Scope"]) == as_sets(scope)
}

/// A scope by its meaning: no order, any case of letters, and a dimension without a value is none.
fn as_sets(scope: &Value) -> BTreeMap<&str, BTreeSet<String>> {
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    let set = |values: &Value| -> BTreeSet<String> {
        let values = values.as_array().into_iter().flatten();
        values.filter_map(lower).collect()
    };
    let dimensions = scope.as_object().into_iter().flatten();
    dimensions
        .map(|(dimension, values)| (dimension.as_str(), set(values)))
        .filter(|(_, values)| !values.is_empty())
        .collect()
}

impl ScopeOptions {
    /// As in the API: ids by dimension.
    async fn resolve(&self, api: &Api) -> Result<Value> {
        let mut scope = Map::new();
        if !self.environments.is_empty() {
            let mut ids = Vec::new();
            for name in &self.environments {
                ids.push(text(&find::environment(api, name).await?, "Id"));
            }
            scope.insert("Environment".to_owned(), json!(ids));
        }
        if !self.role.is_empty() {
            scope.insert("Role".to_owned(), json!(self.role));
        }
        Ok(Value::Object(scope))
    }
}

async fn columns(api: &Api) -> Result<Vec<Column>> {
    let environments = api.all(&api.in_space("environments")).await?;
    let scope = move |item: &Value| {
        let name = |id: &Value| {
            let known = environments
                .iter()
                .find(|environment| environment["Id"] == *id);
            known.map_or_else(|| cell_text(id), find::name_of)
        };
        let parts = item["Scope"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(dimension, ids)| {
                let names: Vec<String> = ids.as_array().into_iter().flatten().map(&name).collect();
                format!("{}={}", dimension.to_lowercase(), names.join("|"))
            });
        parts.collect::<Vec<_>>().join(" ")
    };
    let value = |item: &Value| {
        if item["IsSensitive"] == true {
            "********".to_owned()
        } else {
            cell_text(&item["Value"])
        }
    };
    Ok(vec![
        Column::key("NAME", "Name"),
        Column::new("VALUE", value),
        Column::new("SCOPE", scope),
        Column::key("TYPE", "Type").wide(),
        Column::key("ID", "Id").wide(),
        Column::key("DESCRIPTION", "Description").wide(),
    ])
}
