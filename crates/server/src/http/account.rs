//! Accounts: credentials that steps and targets name. Validated by kind, secrets sealed; nothing signs in with one yet.

use regatta_core::account::AccountType;
use regatta_core::permission::Permission as P;
use regatta_core::tag_set::TagScope;
use regatta_store::Order;
use serde_json::{Map, Value, json};

use super::tag_set::carries;
use super::{referrer, tenant_variable};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs};
use crate::resource::{self, Change, Hooks, Resource};
use crate::shape::{
    DESCRIPTION, Field, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID,
    Shape, TEXT, TEXTS, field,
};

/// A credential that is kept sealed.
const fn secret(name: &'static str) -> Field {
    field(name, Shape::Sensitive)
}

static OBJECT: Object = Object {
    name: "Account",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("AccountType", Shape::Word(AccountType::VALUES)).required(),
        field("EnvironmentIds", TEXTS).or("[]"),
        field(
            "TenantedDeploymentParticipation",
            Shape::Word(&["Untenanted", "TenantedOrUntenanted", "Tenanted"]),
        )
        .or("\"Untenanted\""),
        field("TenantIds", TEXTS).or("[]"),
        field("TenantTags", TEXTS).or("[]"),
        field("Username", TEXT),
        secret("Password"),
        secret("PrivateKeyFile"),
        secret("PrivateKeyPassphrase"),
        secret("Token"),
        field("AccessKey", TEXT),
        secret("SecretKey"),
        secret("JsonKey"),
        secret("CertificateBytes"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static ACCOUNT: Resource = Resource {
    kind: "Accounts",
    item_type: "Account",
    place: Place::Space,
    names: names!("account", "/accounts"),
    object: &OBJECT,
    view: P::AccountView,
    create: Some(P::AccountCreate),
    edit: Some(P::AccountEdit),
    delete: Some(P::AccountDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(is_unused(change)),
        view: |view| view.link("Usages", &format!("/accounts/{}/usages", view.id)),
        tags: |body| {
            let kind = body.get("AccountType").and_then(Value::as_str);
            kind.map(|kind| format!("type:{kind}"))
                .into_iter()
                .collect()
        },
        filters: &[("accountType", "type")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&ACCOUNT);
    all.push(
        get(
            "accountUsages",
            Place::Space,
            "/accounts/{id}/usages",
            needs(P::AccountView, From::Document("Accounts", "id")),
            usages,
        )
        .summary("What names the account."),
    );
    all.push(
        get(
            "accountAzureEnvironments",
            Place::System,
            "/accounts/azureenvironments",
            Access::SignedIn,
            |_| async { Ok(ok(azure_environments())) },
        )
        .summary("The clouds an Azure account may be in, with their addresses."),
    );
    all
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    change.refers("EnvironmentIds", "Environments").await?;
    change.refers("TenantIds", "Tenants").await?;
    carries(change, "TenantTags", TagScope::Tenant).await?;
    let word = change.text("AccountType").to_owned();
    let kind = AccountType::parse(&word).ok_or_else(|| {
        ApiError::invalid_one(format!(
            "AccountType: '{word}' is not one of {}.",
            AccountType::VALUES.join(", ")
        ))
    })?;
    let before = change.before.as_ref().map(|before| {
        before
            .get("AccountType")
            .and_then(Value::as_str)
            .unwrap_or_default()
    });
    if before.is_some_and(|before| before != kind.as_str()) {
        return Err(ApiError::invalid_one(
            "AccountType: the kind of an account cannot change. Create another account.",
        ));
    }
    if change.text("Name").trim().eq_ignore_ascii_case("all") {
        // It would be unreachable: `accounts/all` is the list.
        return Err(ApiError::invalid_one(
            "Name: 'all' is not allowed for an account.",
        ));
    }
    let lacks = kind.lacks(|key| change.body.get(key).cloned());
    if lacks.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(lacks.iter().map(ToString::to_string)))
    }
}

async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let (space, id) = (change.space_id.clone(), change.id.clone());
    referrer::none(change.tx, space, ("account", &id)).await
}

/// Public addresses, as Microsoft publishes them.
fn azure_environments() -> Value {
    let one = |name: &str, shown: &str, [sign_in, resources, graph, manage, storage]: [&str; 5]| {
        json!({
            "Name": name, "DisplayName": shown, "AuthenticationEndpoint": sign_in,
            "ResourceManagerEndpoint": resources, "GraphEndpoint": graph, "ManagementEndpoint": manage,
            "StorageEndpointSuffix": storage,
        })
    };
    json!([
        one(
            "AzureCloud",
            "Azure Global Cloud (Default)",
            [
                "https://login.microsoftonline.com/",
                "https://management.azure.com/",
                "https://graph.windows.net/",
                "https://management.core.windows.net/",
                "core.windows.net",
            ]
        ),
        one(
            "AzureChinaCloud",
            "Azure China Cloud",
            [
                "https://login.chinacloudapi.cn/",
                "https://management.chinacloudapi.cn/",
                "https://graph.chinacloudapi.cn/",
                "https://management.core.chinacloudapi.cn/",
                "core.chinacloudapi.cn",
            ]
        ),
        one(
            "AzureUSGovernment",
            "Azure US Government",
            [
                "https://login.microsoftonline.us/",
                "https://management.usgovcloudapi.net/",
                "https://graph.windows.net/",
                "https://management.core.usgovcloudapi.net/",
                "core.usgovcloudapi.net",
            ]
        ),
    ])
}

async fn usages(call: Call) -> Answer {
    let document = call.document();
    let mut conn = call.read().await?;
    let found = referrer::all(&mut conn, document.space_id.clone(), &document.id).await?;
    let mut answer = Map::new();
    for key in [
        "DeploymentProcesses",
        "LibraryVariableSets",
        "ProjectVariableSets",
        "Releases",
        "RunbookProcesses",
        "RunbookSnapshots",
        "Targets",
    ] {
        answer.insert(key.to_owned(), json!([]));
    }
    for user in found {
        let library = user
            .owner_id
            .as_ref()
            .is_some_and(|owner| owner.starts_with("LibraryVariableSets-"));
        let is_frozen = referrer::is_frozen(&user);
        let (key, item) = match user.kind.as_str() {
            // The answer has no room for tenants.
            tenant_variable::KIND => continue,
            "Machines" => (
                "Targets",
                json!({ "TargetId": user.id, "TargetName": user.name }),
            ),
            "RunbookProcesses" if is_frozen => (
                "RunbookSnapshots",
                json!({ "Id": user.id, "RunbookId": user.owner_id }),
            ),
            "RunbookProcesses" => (
                "RunbookProcesses",
                json!({ "Id": user.id, "RunbookId": user.owner_id }),
            ),
            _ if is_frozen => (
                "Releases",
                json!({ "Id": user.id, "ProjectId": user.owner_id }),
            ),
            "VariableSets" if library => (
                "LibraryVariableSets",
                json!({ "Id": user.id, "LibraryVariableSetId": user.owner_id }),
            ),
            "VariableSets" => (
                "ProjectVariableSets",
                json!({ "Id": user.id, "ProjectId": user.owner_id }),
            ),
            _ => (
                "DeploymentProcesses",
                json!({ "Id": user.id, "ProjectId": user.owner_id }),
            ),
        };
        if let Some(Value::Array(list)) = answer.get_mut(key) {
            list.push(item);
        }
    }
    Ok(ok(Value::Object(answer)))
}
