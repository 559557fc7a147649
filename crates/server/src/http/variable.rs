//! Variable sets. Secrets are sealed on the way in and never answered.

use regatta_core::permission::{Permission as P, Scope};
use regatta_core::secret::{Sealed, Secret};
use regatta_core::variable::VariableSet;
use regatta_core::variable::access::VariableAccess;
use regatta_core::variable::read::Editor;
use regatta_store::{Document, Place as Sealing, Query};
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::{self, Record};
use crate::auth::caller::Sees;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, get, needs, put};
use crate::resource::{Change, write};
use crate::scope;
use crate::shape::{BOOL, ID, INT, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TEXTS, field};

mod catalogue;
mod place;
mod preview;
mod record;
pub(super) mod since;
mod sources;
mod usage;

pub(super) const KIND: &str = "VariableSets";
/// How ids of owners begin whose sets are part of the library.
const LIBRARY: &str = "LibraryVariableSets-";

static SCOPE: Object = Object {
    name: "VariableScope",
    fields: &[
        field("Environment", TEXTS),
        field("Machine", TEXTS),
        field("Role", TEXTS),
        field("Action", TEXTS),
        field("Channel", TEXTS),
        field("TenantTag", TEXTS),
        field("ProcessOwner", TEXTS),
    ],
};
static VARIABLE: Object = Object {
    name: "Variable",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT).required(),
        field("Value", TEXT).about(
            "Null when sensitive. Null or empty for a sensitive one that exists: the secret stays.",
        ),
        field("Description", TEXT),
        field("Type", TEXT),
        field("IsSensitive", BOOL),
        field("IsEditable", BOOL),
        field("Scope", Shape::Object(&SCOPE)),
        field("Prompt", Shape::Any),
    ],
};
static OBJECT: Object = Object {
    name: "VariableSet",
    fields: &[
        ID,
        SPACE_ID,
        field("OwnerId", TEXT).read_only(),
        field("Version", INT)
            .about("The version a save is based on: required once the set was changed; a stale one is refused with 409."),
        field("Variables", Shape::List(&Shape::Object(&VARIABLE))).required(),
        field("ScopeValues", Shape::Any).read_only(),
        LINKS_FIELD,
    ],
};

const SETS: Shape = Shape::List(&Shape::Object(&OBJECT));

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::VariableView, From::Items);
    let edit = needs(P::VariableEdit, From::Items);
    vec![
        get("variableSetGet", Place::Space, "/variables/{id}", view, one).answers(&OBJECT),
        put(
            "variableSetReplace",
            Place::Space,
            "/variables/{id}",
            edit,
            replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        get(
            "variableSetAll",
            Place::Space,
            "/variables/all",
            view,
            several,
        )
        .query(&["ids"])
        .answers_shape(SETS),
        get(
            "variableNames",
            Place::Space,
            "/variables/names",
            view,
            names,
        )
        .query(&["project", "runbook"])
        .answers_shape(TEXTS),
        get(
            "variablePreview",
            Place::Space,
            "/variables/preview",
            view,
            preview::answer,
        )
        .query(place::QUERY)
        .answers(&preview::OBJECT)
        .summary(
            "Which value of every name a deployment would see at a place, and why the others lose.",
        ),
        get(
            "projectVariableUsages",
            Place::Space,
            "/projects/{project}/variables/usages",
            view,
            usage::answer,
        )
        .answers(&usage::OBJECT)
        .summary(
            "Where the variables of a project are used, and what about them may be a mistake.",
        ),
        get(
            "projectVariables",
            Place::Space,
            "/projects/{project}/variables",
            view,
            of_project,
        )
        .answers(&OBJECT),
    ]
}

/// What an edit or view permission covers of a project's variables: those scoped to the environments of the grants,
/// and those without an environment by the permission that says so.
fn access(call: &Call, scoped: P, unscoped: P, of: &Scope) -> Result<VariableAccess, ApiError> {
    let may_unscoped = call.caller.may(unscoped, of);
    let mut environments = Some(Vec::new());
    for grant in call
        .caller
        .grants
        .iter()
        .filter(|grant| grant.permissions.contains(&scoped))
    {
        let here = Scope {
            environments: grant.only.environments.clone(),
            ..of.clone()
        };
        if !grant.allows(scoped, &here) {
            continue;
        }
        if grant.only.environments.is_empty() {
            // A grant that is not restricted to environments covers values without one, too.
            return Ok(VariableAccess {
                environments: None,
                unscoped: true,
            });
        }
        let covered = grant.only.environments.iter().map(ToString::to_string);
        environments = environments.map(|known| known.into_iter().chain(covered).collect());
    }
    if !may_unscoped && environments.as_ref().is_some_and(Vec::is_empty) {
        return Err(call.caller.refusal(scoped, of));
    }
    Ok(VariableAccess {
        environments,
        unscoped: may_unscoped,
    })
}

/// What the caller may see of a set. One of the library is seen as a whole, by whoever may see the library.
fn viewing(call: &Call, (document, of): (&Document, &Scope)) -> Result<VariableAccess, ApiError> {
    viewing_of(call, document.owner_id.as_deref().unwrap_or_default(), of)
}

/// What the caller may see of the set of this project or library set, which may be gone by now.
pub(super) fn viewing_of(call: &Call, owner: &str, of: &Scope) -> Result<VariableAccess, ApiError> {
    if owner.starts_with(LIBRARY) {
        call.caller.require(P::LibraryVariableSetView, of)?;
        return Ok(VariableAccess {
            environments: None,
            unscoped: true,
        });
    }
    access(call, P::VariableView, P::VariableViewUnscoped, of)
}

/// What the caller may change of a set, checked; the call may write afterwards.
fn editing(
    call: &mut Call,
    (document, of): (&Document, &Scope),
) -> Result<VariableAccess, ApiError> {
    if is_library(document) {
        call.also_require(P::LibraryVariableSetEdit, of)?;
        call.decided();
        return Ok(VariableAccess {
            environments: None,
            unscoped: true,
        });
    }
    let access = access(call, P::VariableEdit, P::VariableEditUnscoped, of)?;
    if call.sees() == Sees::Everything {
        call.require(of)?;
    } else {
        // Which values the caller may touch was decided above, value by value.
        call.decided();
    }
    Ok(access)
}

fn is_library(set: &Document) -> bool {
    set.owner_id
        .as_ref()
        .is_some_and(|owner| owner.starts_with(LIBRARY))
}

async fn found(call: &Call, id: &str) -> Result<(Document, Scope), ApiError> {
    let mut conn = call.read().await?;
    let document = call.find(&mut conn, KIND, id).await?;
    let of = scope::of_document(&mut conn, &document).await?;
    Ok((document, of))
}

fn parse(document: &Document) -> Result<VariableSet<Sealed>, ApiError> {
    serde_json::from_str(&document.body)
        .map_err(|error| ApiError::internal(format!("{}: {error}", document.id)))
}

/// The set as the caller may see it.
async fn shown(
    call: &Call,
    document: &Document,
    access: &VariableAccess,
) -> Result<Value, ApiError> {
    let set = parse(document)?;
    let owner = set.owner_id.clone();
    let space = document.space_id.clone().unwrap_or_default();
    let mut body = set.visible_to(access).to_api();
    body["ScopeValues"] = catalogue::read(&mut call.read().await?, &space, &owner)
        .await?
        .to_api();
    let mut links = json!({ "Self": format!("/api/{space}/variables/{}", document.id) });
    if !is_library(document) {
        links["Project"] = json!(format!("/api/{space}/projects/{owner}"));
    }
    body["Links"] = links;
    Ok(body)
}

async fn one(call: Call) -> Answer {
    let (document, of) = found(&call, call.parameter("id")).await?;
    let access = viewing(&call, (&document, &of))?;
    Ok(ok(shown(&call, &document, &access).await?))
}

async fn of_project(call: Call) -> Answer {
    let project = call
        .find(
            &mut call.read().await?,
            "Projects",
            call.parameter("project"),
        )
        .await?;
    let (document, of) = found(&call, &format!("variableset-{}", project.id)).await?;
    let access = viewing(&call, (&document, &of))?;
    Ok(ok(shown(&call, &document, &access).await?))
}

async fn several(call: Call) -> Answer {
    let query = Query {
        kind: KIND.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        ..Query::default()
    };
    let documents = call.read().await?.documents(&query).await?.items;
    let mut sets = Vec::new();
    for document in documents
        .iter()
        .filter(|document| query.ids.is_some() || !document.id.contains("-s-"))
    {
        let of = scope::of_document(&mut call.read().await?, document).await?;
        if let Ok(access) = viewing(&call, (document, &of)) {
            sets.push(shown(&call, document, &access).await?);
        }
    }
    Ok(ok(Value::Array(sets)))
}

/// The project that the query names.
async fn asked_project(call: &Call) -> Result<Document, ApiError> {
    let Some(project) = call.query.get("project") else {
        return Err(ApiError::invalid_one(
            "project: name the project whose variables are wanted.",
        ));
    };
    call.find(&mut call.read().await?, "Projects", project)
        .await
}

async fn names(call: Call) -> Answer {
    let project = asked_project(&call).await?;
    let (document, of) = found(&call, &format!("variableset-{}", project.id)).await?;
    let set = parse(&document)?.visible_to(&viewing(&call, (&document, &of))?);
    let names: std::collections::BTreeSet<_> = set
        .variables
        .iter()
        .map(|variable| variable.name.clone())
        .collect();
    Ok(ok(json!(names)))
}

async fn replace(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (document, of) = found(&call, call.parameter("id")).await?;
    if document.id.contains("-s-") {
        return Err(ApiError::invalid_one(
            "This is the frozen copy of a release and cannot be changed. Change the project's variables instead.",
        ));
    }
    let access = editing(&mut call, (&document, &of))?;
    let mut tx = call.begin().await?;
    let before = tx
        .document(KIND, &document.id)
        .await?
        .ok_or_else(|| ApiError::not_found(&document.id))?;
    let stored = parse(&before)?;
    // Octopus' Go client leaves a version of 0 out; nothing is lost when the set was never changed.
    let given = body.get("Version").and_then(Value::as_i64);
    match given {
        None if stored.version != 0 => {
            return Err(ApiError::invalid_one(
                "Version: this field is required; send the version your change is based on, or it could undo somebody else's.",
            ));
        }
        Some(given) if given != stored.version => {
            return Err(ApiError::stale("The variable set", given, stored.version));
        }
        _ => {}
    }
    let catalogue = catalogue::read(
        &mut tx,
        before.space_id.as_deref().unwrap_or_default(),
        &stored.owner_id,
    )
    .await?;
    let editor = Editor {
        catalogue: &catalogue,
        access: &access,
    };
    let changed = stored.replaced_by(body, &editor, &mut || uuid::Uuid::new_v4().to_string());
    let changed =
        changed.map_err(|invalid| ApiError::invalid(invalid.0.iter().map(ToString::to_string)))?;
    let sealed = changed.seal(|id, secret| self::seal(&call.app, id, secret))?;
    let mut after = before.clone();
    after.body = serde_json::to_string(&sealed).map_err(ApiError::internal)?;
    after.updated_at = call.now();
    tx.document_replace(&after).await?;
    let record = Record::about(&after, "Modified", "The variables were changed".to_owned());
    let record = record::of_values(record, (&stored, &sealed), (&before, &after));
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    let seen = viewing(&call, (&after, &of)).unwrap_or(VariableAccess {
        environments: Some(Vec::new()),
        unscoped: false,
    });
    Ok(ok(shown(&call, &after, &seen).await?))
}

/// Where a variable's secret belongs.
fn place(id: &str) -> Sealing<'_> {
    Sealing {
        kind: "Variables",
        id,
        field: "Value",
    }
}

pub(super) fn seal(app: &App, id: &str, secret: &Secret) -> Result<Sealed, ApiError> {
    app.vault
        .seal(place(id), secret)
        .map_err(ApiError::internal)
}

pub(super) fn unseal(app: &App, id: &str, sealed: &Sealed) -> Result<Secret, ApiError> {
    app.vault
        .open_sealed(place(id), sealed)
        .map_err(ApiError::internal)
}

/// The set of a new project.
pub(super) async fn create_empty(owner: &mut Change<'_>) -> Result<(), ApiError> {
    let space = owner.space_id.clone().unwrap_or_default();
    insert(owner, &VariableSet::empty(&owner.id.clone(), &space)).await
}

pub(super) async fn insert(
    owner: &mut Change<'_>,
    set: &VariableSet<Sealed>,
) -> Result<(), ApiError> {
    let body = serde_json::to_value(set).map_err(ApiError::internal)?;
    let document = write::part(
        KIND,
        &set.id,
        (owner.space_id.clone(), &owner.id),
        (&body, owner.now),
    );
    Ok(owner.tx.document_insert(&document).await?)
}
