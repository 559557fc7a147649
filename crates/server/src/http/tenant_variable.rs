//! Values tenants give for variable templates: one document per tenant, shown in the two forms clients know.
//!
//! The older form (`/variables`) holds everything at once; the newer ones (`/commonvariables`, `/projectvariables`)
//! are lists with scopes. Which value holds where is the core's ([`regatta_core::tenant::value`]).

mod lists;
mod owner;
mod whole;

use regatta_core::permission::Permission as P;
use regatta_core::secret::Secret;
use regatta_core::tenant::value::TenantValue;
use regatta_store::{Conn, Document, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::{self, Record};
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::{From, Operation, Place, get, needs, post, put};
use crate::resource::write::part;
use crate::shape::{Object, Shape, TEXT, TEXTS, field};
use crate::stored;

/// Kind of the documents.
pub(crate) const KIND: &str = "TenantVariables";

static WHOLE: Object = Object {
    name: "TenantVariables",
    fields: &[
        field("TenantId", TEXT),
        field("TenantName", TEXT),
        field("SpaceId", TEXT),
        field("ConcurrencyToken", TEXT)
            .about("As answered; a stale one is refused with 409. Left out: the last save wins."),
        field("ProjectVariables", Shape::Map(&Shape::Any)),
        field("LibraryVariables", Shape::Map(&Shape::Any)),
    ],
};
static SCOPE: Object = Object {
    name: "TenantVariableScope",
    fields: &[field("EnvironmentIds", TEXTS).or("[]")],
};
static ITEM: Object = Object {
    name: "TenantVariable",
    fields: &[
        field("Id", TEXT),
        field("ProjectId", TEXT),
        field("LibraryVariableSetId", TEXT),
        field("TemplateId", TEXT).required(),
        field("Value", Shape::Property),
        field("Scope", Shape::Object(&SCOPE)),
    ],
};
static LIST: Object = Object {
    name: "TenantVariableList",
    fields: &[field("Variables", Shape::List(&Shape::Object(&ITEM))).required()],
};

/// What is stored for a tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stored {
    values: Vec<TenantValue>,
}

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::TenantView, From::Document("Tenants", "id"));
    let edit = needs(P::TenantEdit, From::Document("Tenants", "id"));
    let (space, whole) = (Place::Space, "/tenants/{id}/variables");
    let mut all = vec![
        get("tenantVariablesGet", space, whole, view, whole::get).answers(&WHOLE),
        // Octopus' Go client updates with POST, its npm client with PUT.
        post("tenantVariablesUpdate", space, whole, edit, whole::update)
            .body(&WHOLE)
            .answers(&WHOLE),
        put("tenantVariablesReplace", space, whole, edit, whole::update)
            .body(&WHOLE)
            .answers(&WHOLE),
        get(
            "tenantsMissingVariables",
            space,
            "/tenants/variables-missing",
            needs(P::TenantView, From::Items),
            lists::missing,
        )
        .query(&["tenantId", "projectId", "environmentId", "includeDetails"]),
    ];
    for (kind, path, read, replace) in [
        (
            owner::Kind::Library,
            "/tenants/{id}/commonvariables",
            "tenantCommonVariablesGet",
            "tenantCommonVariablesReplace",
        ),
        (
            owner::Kind::Project,
            "/tenants/{id}/projectvariables",
            "tenantProjectVariablesGet",
            "tenantProjectVariablesReplace",
        ),
    ] {
        let shown = get(read, space, path, view, move |call| lists::get(call, kind));
        all.push(shown.query(&["includeMissingVariables"]));
        let replaced = put(replace, space, path, edit, move |call| {
            lists::replace(call, kind)
        });
        all.push(replaced.body(&LIST));
    }
    all
}

/// Id of the document of a tenant.
pub(crate) fn id_of(tenant: &str) -> String {
    format!("tenantvariables-{tenant}")
}

/// The values of a tenant; none before the first was given.
///
/// # Errors
/// When the database fails.
pub(crate) async fn values(
    conn: &mut Conn,
    tenant: &str,
) -> Result<Vec<TenantValue>, regatta_store::StoreError> {
    let found: Option<Stored> = stored::get(conn, KIND, &id_of(tenant)).await?;
    Ok(found.unwrap_or_default().values)
}

/// A clone starts with the values of its source, secrets sealed anew under ids of their own.
pub(super) async fn copy(
    call: &Call,
    tx: &mut Tx,
    (source, clone): (&str, &Document),
) -> Result<(), ApiError> {
    let mut values = values(tx, source).await?;
    for value in &mut values {
        let id = uuid::Uuid::new_v4().to_string();
        if let Some(sealed) = value.value.get("Sealed").and_then(Value::as_str) {
            let sealed = regatta_core::secret::Sealed(sealed.to_owned());
            let secret = super::variable::unseal(&call.app, &value.id, &sealed)?;
            let sealed = super::variable::seal(&call.app, &id, &secret)?;
            value.value["Sealed"] = json!(sealed.0);
        }
        value.id = id;
    }
    store(call, tx, clone, values).await.map(drop)
}

/// Writes a tenant's values and records it; answers the version.
async fn store(
    call: &Call,
    tx: &mut Tx,
    tenant: &Document,
    values: Vec<TenantValue>,
) -> Result<i64, ApiError> {
    let body = serde_json::to_value(Stored { values }).map_err(ApiError::internal)?;
    let id = id_of(&tenant.id);
    let belongs = (tenant.space_id.clone(), tenant.id.as_str());
    let mut document = part(KIND, &id, belongs, (&body, call.now()));
    let before = tx.document(KIND, &id).await?;
    let version = match &before {
        None => {
            tx.document_insert(&document).await?;
            1
        }
        Some(before) => {
            document.version = before.version;
            document.created_at = before.created_at;
            tx.document_replace(&document).await?
        }
    };
    let mut record = Record::about(
        tenant,
        "Modified",
        format!("The variables of the tenant {} were changed", tenant.name),
    );
    record.related.push(id);
    audit::record(tx, &call.author(), record).await?;
    Ok(version)
}

/// What a client sent for a value, as it will be stored: a text, the secret that is there already, or a new one.
/// `None`: there is no value (any more).
fn received(
    call: &Call,
    sent: &Value,
    (id, before, is_sensitive): (&str, Option<&TenantValue>, bool),
) -> Result<Option<Value>, ApiError> {
    let new = match sent {
        Value::Null => return Ok(None),
        Value::String(text) if !is_sensitive => {
            return Ok((!text.is_empty()).then(|| json!(text)));
        }
        Value::String(text) => Some(text.clone()),
        Value::Object(secret) => secret
            .get("NewValue")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => {
            return Err(ApiError::invalid_one(
                "Value: must be a text or a sensitive value.",
            ));
        }
    };
    if let Some(new) = new.filter(|new| !new.is_empty()) {
        let sealed = super::variable::seal(&call.app, id, &Secret::new(new))?;
        return Ok(Some(
            json!({ "HasValue": true, "Hint": null, "Sealed": sealed.0 }),
        ));
    }
    let says_kept = sent["HasValue"].as_bool().unwrap_or(false);
    let kept = before.filter(|before| says_kept && before.value.is_object());
    Ok(kept.map(|before| before.value.clone()))
}

/// A value as clients see it.
fn shown(value: &Value) -> Value {
    match value {
        Value::Object(secret) => {
            json!({ "HasValue": secret.contains_key("Sealed"), "NewValue": null, "Hint": null })
        }
        other => other.clone(),
    }
}
