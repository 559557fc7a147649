//! Machine policies: how machines would be checked, updated and cleaned up. They are kept for clients that manage
//! them; nothing in this server acts on one yet.

use regatta_core::id::SpaceId;
use regatta_core::permission::Permission as P;
use regatta_core::space_seed;
use regatta_store::{Order, Query};
use serde_json::Value;

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::resource::{self, Body, Change, Hooks, Resource, read};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SPACE_ID,
    Shape, TEXT, field,
};

mod span;

/// The spans of time of a policy, and the part of it that they are in.
const SPANS: &[(Option<&str>, &str)] = &[
    (None, "ConnectionConnectTimeout"),
    (None, "ConnectionRetrySleepInterval"),
    (None, "ConnectionRetryTimeLimit"),
    (None, "PollingRequestQueueTimeout"),
    (None, "PollingRequestMaximumMessageProcessingTimeout"),
    (Some("MachineHealthCheckPolicy"), "HealthCheckInterval"),
    (
        Some("MachineCleanupPolicy"),
        "DeleteMachinesElapsedTimeSpan",
    ),
];

static OBJECT: Object = Object {
    name: "MachinePolicy",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        DESCRIPTION,
        field("IsDefault", BOOL).read_only(),
        field("MachineHealthCheckPolicy", Shape::Any),
        field("MachineConnectivityPolicy", Shape::Any),
        field("MachineCleanupPolicy", Shape::Any),
        field("MachineUpdatePolicy", Shape::Any),
        field("MachinePackageCacheRetentionPolicy", Shape::Any),
        field("ConnectionConnectTimeout", TEXT),
        field("ConnectionRetryCountLimit", INT),
        field("ConnectionRetrySleepInterval", TEXT),
        field("ConnectionRetryTimeLimit", TEXT),
        field("PollingRequestQueueTimeout", TEXT),
        field("PollingRequestMaximumMessageProcessingTimeout", TEXT),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static MACHINE_POLICY: Resource = Resource {
    kind: "MachinePolicies",
    item_type: "MachinePolicy",
    place: Place::Space,
    names: names!("machinePolicy", "/machinepolicies"),
    object: &OBJECT,
    view: P::MachinePolicyView,
    create: Some(P::MachinePolicyCreate),
    edit: Some(P::MachinePolicyEdit),
    delete: Some(P::MachinePolicyDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(complete(change)),
        deleting: |change| Box::pin(is_not_default(change)),
        tags: |body| {
            if is_default(body.get("IsDefault")) {
                vec!["default:true".to_owned()]
            } else {
                Vec::new()
            }
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&MACHINE_POLICY);
    let view = needs(P::MachinePolicyView, From::Space);
    all.push(
        get(
            "machinePolicyTemplate",
            Place::Space,
            "/machinepolicies/template",
            view,
            template,
        )
        .answers(&OBJECT)
        .summary("What a new policy starts with."),
    );
    all
}

/// Fills what a client left out, because clients require every interval in answers.
async fn complete(change: &mut Change<'_>) -> Result<(), ApiError> {
    let template = defaults(change.space_id.as_deref().unwrap_or_default());
    let Value::Object(template) = template else {
        return Ok(());
    };
    for (key, value) in template {
        let is_left_out = change.body.get(&key).is_none_or(Value::is_null);
        if is_left_out
            && !matches!(
                key.as_str(),
                "Name" | "SpaceId" | "Description" | "IsDefault"
            )
        {
            change.body.insert(key, value);
        }
    }
    if change.before.is_none() {
        change.set("IsDefault", false);
    }
    spell(&mut change.body)
}

/// Brings every span of time into its one spelling.
fn spell(policy: &mut Body) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for (part, key) in SPANS {
        let holder = match part {
            Some(part) => policy.get_mut(*part).and_then(Value::as_object_mut),
            None => Some(&mut *policy),
        };
        let Some(Value::String(text)) = holder.and_then(|holder| holder.get_mut(*key)) else {
            continue;
        };
        match span::spelled(text) {
            Some(spelled) => *text = spelled,
            None => problems.push(format!(
                "{key}: '{text}' is no span of time. Write two minutes as 00:02:00 and a day as 1.00:00:00."
            )),
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

async fn is_not_default(change: &mut Change<'_>) -> Result<(), ApiError> {
    if is_default(change.body.get("IsDefault")) {
        return Err(ApiError::invalid_one(
            "This is the default policy of the space, which new machines get. It cannot be deleted.",
        ));
    }
    Ok(())
}

fn is_default(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

async fn template(call: Call) -> Answer {
    let mut body = defaults(call.space_id());
    body["Name"] = Value::from("");
    body["IsDefault"] = Value::from(false);
    Ok(ok(body))
}

fn defaults(space_id: &str) -> Value {
    space_id
        .parse::<SpaceId>()
        .map_or(Value::Null, |space| space_seed::machine_policy(&space))
}

/// Id of the policy new machines get.
pub(super) async fn default_policy(change: &mut Change<'_>) -> Result<String, ApiError> {
    let all = Query {
        kind: MACHINE_POLICY.kind.to_owned(),
        space_id: Some(change.space_id.clone()),
        order: Order::Oldest,
        ..Query::default()
    };
    let policies = change.tx.documents(&all).await?.items;
    let chosen = policies
        .iter()
        .find(|policy| is_default(read::body(policy).get("IsDefault")))
        .or_else(|| policies.first());
    chosen
        .map(|policy| policy.id.clone())
        .ok_or_else(|| ApiError::internal("a space without a machine policy"))
}
