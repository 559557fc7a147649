//! What the scopes of a project's variables may name.

use std::collections::BTreeSet;

use regatta_core::tag_set::TagSet;
use regatta_core::variable::catalogue::{ScopeCatalogue, ScopeValue};
use regatta_core::variable::scope::Dimension;
use regatta_store::{Conn, Document, Query};
use serde_json::Value;

use crate::error::ApiError;
use crate::resource::{read as document, texts};
use crate::stored;

/// Everything that exists in the space and the project.
pub(super) async fn read(
    conn: &mut Conn,
    space: &str,
    owner: &str,
) -> Result<ScopeCatalogue, ApiError> {
    let in_space = |kind: &str| Query {
        kind: kind.to_owned(),
        space_id: Some(Some(space.to_owned())),
        ..Query::default()
    };
    let environments = conn.documents(&in_space("Environments")).await?.items;
    let machines = conn.documents(&in_space("Machines")).await?.items;
    let channels = conn
        .documents(&Query {
            owner_id: Some(owner.to_owned()),
            ..in_space("Channels")
        })
        .await?
        .items;
    let process = conn
        .document("DeploymentProcesses", &format!("deploymentprocess-{owner}"))
        .await?;
    let project = conn.document("Projects", owner).await?;
    let (runbooks, runbook_processes) = runbooks_of(conn, space, owner).await?;
    let named = |documents: &[Document]| {
        documents
            .iter()
            .map(|d| ScopeValue::new(&d.id, &d.name))
            .collect::<Vec<_>>()
    };
    let mut roles: BTreeSet<String> = machines
        .iter()
        .flat_map(|machine| texts(&document::body(machine), "Roles"))
        .collect();
    let mut actions = Vec::new();
    for process in process.iter().chain(&runbook_processes) {
        let (tags, own) = used_by(process);
        roles.extend(tags);
        actions.extend(own);
    }
    let mut owners = named(project.as_slice());
    owners.extend(runbooks.iter().map(|runbook| ScopeValue {
        is_runbook: true,
        ..ScopeValue::new(&runbook.id, &runbook.name)
    }));
    let tenant_tags = tenant_tags(conn, space).await?;
    Ok(ScopeCatalogue::default()
        .with(Dimension::Environment, named(&environments))
        .with(Dimension::Machine, named(&machines))
        .with(Dimension::Channel, named(&channels))
        .with(
            Dimension::Role,
            roles
                .iter()
                .map(|role| ScopeValue::new(role, role))
                .collect(),
        )
        .with(Dimension::TenantTag, tenant_tags)
        .with(Dimension::Action, actions)
        .with(Dimension::ProcessOwner, owners))
}

/// The runbooks of a project, with their processes.
async fn runbooks_of(
    conn: &mut Conn,
    space: &str,
    project: &str,
) -> Result<(Vec<Document>, Vec<Document>), ApiError> {
    let runbooks = Query {
        kind: "Runbooks".to_owned(),
        space_id: Some(Some(space.to_owned())),
        owner_id: Some(project.to_owned()),
        ..Query::default()
    };
    let runbooks = conn.documents(&runbooks).await?.items;
    let ids = runbooks.iter();
    let ids = ids.map(|runbook| format!("RunbookProcess-{}", runbook.id));
    let processes = Query {
        kind: stored::RUNBOOK_PROCESSES.to_owned(),
        ids: Some(ids.collect()),
        ..Query::default()
    };
    let processes = conn.documents(&processes).await?.items;
    Ok((runbooks, processes))
}

/// The target tags and the actions of a process.
fn used_by(process: &Document) -> (Vec<String>, Vec<ScopeValue>) {
    let (mut roles, mut actions) = (Vec::new(), Vec::new());
    let body = document::body(process);
    let steps = body.get("Steps").and_then(Value::as_array);
    for step in steps.into_iter().flatten() {
        let text = step["Properties"]["Octopus.Action.TargetRoles"]
            .as_str()
            .unwrap_or_default();
        let tags = text.split(',').map(str::trim);
        roles.extend(tags.filter(|role| !role.is_empty()).map(str::to_owned));
        for action in step["Actions"].as_array().into_iter().flatten() {
            actions.push(ScopeValue::new(
                action["Id"].as_str().unwrap_or_default(),
                action["Name"].as_str().unwrap_or_default(),
            ));
        }
    }
    (roles, actions)
}

/// The tags tenants may carry, by canonical name. Words of free-text sets cannot be listed.
async fn tenant_tags(conn: &mut Conn, space: &str) -> Result<Vec<ScopeValue>, ApiError> {
    let sets: Vec<TagSet> = stored::all(conn, "TagSets", space).await?;
    let named = sets.iter().flat_map(|set| {
        set.tags.iter().map(|tag| {
            let canonical = set.canonical(tag.name.as_str());
            ScopeValue::new(&canonical, &canonical)
        })
    });
    Ok(named.collect())
}
