//! Which value of every name a deployment would see at a place, and why.

use std::collections::BTreeMap;

use regatta_core::process::DeploymentProcess;
use regatta_core::project::Project;
use regatta_core::template::{Clock, Text};
use regatta_core::variable::dictionary::{Builder, Dictionary};
use regatta_core::variable::explain::explained;
use regatta_core::variable::resolve::{Origin, Verdict};
use serde_json::{Value, json};

use super::sources::{self, Source};
use super::{VARIABLE, catalogue, place};
use crate::call::{Call, ok};
use crate::operation::Answer;
use crate::shape::{BOOL, LINKS_FIELD, Object, Shape, TEXT, TEXTS, field};
use crate::stored::{self, PROCESSES};

static OWNER: Object = Object {
    name: "VariableOwner",
    fields: &[
        field(
            "Kind",
            Shape::Word(&["Project", "LibraryVariableSet", "Tenant"]),
        ),
        field("Id", TEXT),
        field("Name", TEXT),
    ],
};
static VALUE: Object = Object {
    name: "VariablePreviewValue",
    fields: &[
        field(
            "Verdict",
            Shape::Word(&["Wins", "Beaten", "Ambiguous", "Elsewhere"]),
        ),
        field("Because", TEXT).about("Why, in a sentence."),
        field("IsHidden", BOOL)
            .about("The caller may not see it: there is nothing else to it then."),
        field("Owner", Shape::Object(&OWNER)),
        field("Variable", Shape::Object(&VARIABLE)),
    ],
};
static VALUE_ITEM: Shape = Shape::Object(&VALUE);
static NAME: Object = Object {
    name: "VariablePreviewName",
    fields: &[
        field("Name", TEXT),
        field("Evaluated", TEXT)
            .about("The value with all it refers to worked out; null when nothing applies, and of what is made of secrets."),
        field("IsSensitive", BOOL),
        field("Unresolved", TEXTS).about("What stays as it is written, as nothing here gives it a value."),
        field("Error", TEXT).about("Why it cannot be worked out; null when it can."),
        field("IsAmbiguous", BOOL).about("Two values fit equally well."),
        field("Values", Shape::List(&VALUE_ITEM)).about("The winner first."),
    ],
};
static NAME_ITEM: Shape = Shape::Object(&NAME);
pub(super) static OBJECT: Object = Object {
    name: "VariablePreview",
    fields: &[
        field("OwnerId", TEXT),
        field("Variables", Shape::List(&Shape::Object(&VARIABLE))).about("The values that win."),
        field("Names", Shape::List(&NAME_ITEM)),
        field("ScopeValues", Shape::Any),
        LINKS_FIELD,
    ],
};

pub(super) async fn answer(call: Call) -> Answer {
    let project: Project = stored::parse(&super::asked_project(&call).await?)?;
    let mut conn = call.read().await?;
    let mut sources = sources::read(&call, &mut conn, &project).await?;
    let id = format!("deploymentprocess-{}", project.id);
    let process: DeploymentProcess = stored::need(&mut conn, PROCESSES, &id).await?;
    let place = place::read(&call, &mut conn, (&project, &process)).await?;
    sources.extend(sources::of_tenant(&call, &mut conn, (&project, &place)).await?);
    let variables = sources::variables(&sources);
    let facts = place.facts.iter();
    let dictionary = Builder::default()
        .data(facts.map(|(name, value)| (*name, Text::plain(value.as_str()))))
        .variables(&variables, &place.context)
        .build(Clock {
            now: call.now(),
            offset_s: 0,
        });
    let shown: BTreeMap<(Origin, String), (Value, Value)> =
        sources.iter().flat_map(of_source).collect();
    let seen = sources::seen_names(&sources);
    let (mut names, mut winners) = (Vec::new(), Vec::new());
    for name in variables
        .names()
        .filter(|name| seen.contains(&name.to_lowercase()))
    {
        let mut values = Vec::new();
        let mut body = evaluated(&dictionary, name);
        for one in explained(&variables, name, &place.context) {
            let found = shown.get(&(one.candidate.origin, one.candidate.id.clone()));
            if let (Verdict::Wins, Some((_, variable))) = (&one.verdict, found) {
                winners.push(variable.clone());
            }
            if one.verdict == Verdict::Ambiguous {
                body["IsAmbiguous"] = true.into();
            }
            let (owner, variable) = found.cloned().unwrap_or_default();
            values.push(json!({
                "Verdict": format!("{:?}", one.verdict), "Because": one.because, "IsHidden": found.is_none(),
                "Owner": owner, "Variable": variable,
            }));
        }
        body["Name"] = name.into();
        body["Values"] = values.into();
        names.push(body);
    }
    let space = project.space_id.as_str();
    let scopes = catalogue::read(&mut conn, space, project.id.as_str()).await?;
    Ok(ok(json!({
        "OwnerId": project.id, "Variables": winners, "Names": names, "ScopeValues": scopes.to_api(),
        "Links": {"Project": format!("/api/{space}/projects/{}", project.id)},
    })))
}

/// What the caller may see of a set, by where it is from and variable id: the owner and the variable.
fn of_source(source: &Source) -> impl Iterator<Item = ((Origin, String), (Value, Value))> {
    let (origin, owner) = (source.origin, source.owner());
    let all = source.shown().into_iter();
    all.map(move |(id, variable)| ((origin, id), (owner.clone(), variable)))
}

fn evaluated(dictionary: &Dictionary, name: &str) -> Value {
    let mut body = json!({"Evaluated": null, "IsSensitive": false, "Unresolved": [], "Error": null, "IsAmbiguous": false});
    match dictionary.value(name) {
        Ok(None) => {}
        Ok(Some(value)) if value.sensitive => body["IsSensitive"] = true.into(),
        Ok(Some(value)) => {
            let unresolved = value.unresolved.iter();
            body["Unresolved"] = unresolved
                .map(|one| Value::from(one.token.clone()))
                .collect();
            body["Evaluated"] = value.text.into();
        }
        Err(error) => body["Error"] = error.to_string().into(),
    }
    body
}
