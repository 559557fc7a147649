//! Facts about the server that clients ask for before they start.

use serde_json::{Value, json};

use super::root::OCTOPUS_VERSION;
use crate::call::{Call, ok};
use crate::operation::{Access, Answer, Operation, Place, get};

/// Toggles that are on. A toggle that is not listed counts as off, so clients use the older form of tenant variables;
/// both forms are there and hold the same.
const TOGGLES: &[&str] = &["indicate-missing-packages-for-release"];

/// Commands of the executions API (the npm client asks for them by name).
const CAPABILITIES: &[&str] = &[
    "CreateReleaseCommandV1",
    "CreateDeploymentUntenantedCommandV1",
    "CreateDeploymentTenantedCommandV1",
];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            "capabilities",
            Place::System,
            "/capabilities",
            Access::SignedIn,
            capabilities,
        ),
        get(
            "featureToggles",
            Place::System,
            "/configuration/feature-toggles",
            Access::SignedIn,
            toggles,
        )
        .query(&["Name"]),
        get(
            "serverStatus",
            Place::System,
            "/serverstatus",
            Access::SignedIn,
            status,
        ),
        get(
            "timezones",
            Place::System,
            "/serverstatus/timezones",
            Access::SignedIn,
            timezones,
        ),
    ]
}

async fn capabilities(_: Call) -> Answer {
    Ok(ok(json!({ "Capabilities": CAPABILITIES })))
}

/// Asked for one name, answers that name whether it is on or not: the CLI looks at the first item.
async fn toggles(call: Call) -> Answer {
    let toggle = |name: &str| json!({ "Name": name, "IsEnabled": TOGGLES.contains(&name) });
    let toggles: Vec<Value> = match call.query.get("Name") {
        Some(name) => vec![toggle(name)],
        None => TOGGLES.iter().map(|name| toggle(name)).collect(),
    };
    Ok(ok(json!({ "FeatureToggles": toggles })))
}

async fn status(_: Call) -> Answer {
    Ok(ok(json!({
        "IsDatabaseEncrypted": true,
        "IsMajorMinorUpgrade": false,
        "IsInMaintenanceMode": false,
        "IsUpgradeAvailable": false,
        "MaximumAvailableVersion": OCTOPUS_VERSION,
        "Links": { "Self": "/api/serverstatus", "Timezones": "/api/serverstatus/timezones" },
    })))
}

async fn timezones(_: Call) -> Answer {
    let zones = jiff::tz::db()
        .available()
        .map(|zone| json!({ "Id": zone.as_str(), "Name": zone.as_str(), "IsLocal": false }));
    let mut zones: Vec<Value> = zones.collect();
    if zones.is_empty() {
        zones.push(json!({ "Id": "UTC", "Name": "UTC", "IsLocal": true }));
    }
    Ok(ok(Value::Array(zones)))
}
