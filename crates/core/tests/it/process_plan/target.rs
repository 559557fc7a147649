//! Which machines and workers take part.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::{ActionKind, SkipReason};
use regatta_core::id::{MachineId, TenantId};
use regatta_core::planner::{Exclusion, PlanError};
use serde_json::{Value, json};

use super::{World, machine, plain, read, script, skips};
use crate::process_document::saved;

#[test]
fn case_20_tags_without_a_machine_follow_the_connectivity_policy() {
    let mut world = World::new();
    let some = saved(json!([plain("Web", "web"), plain("Cache", "cache")]));
    assert_eq!(
        skips(&world.plan(&some).unwrap()),
        [None, Some(SkipReason::NoTargets)]
    );
    let none = saved(json!([plain("Cache", "cache"), plain("Tidy", "")]));
    assert_eq!(
        world.plan(&none),
        Err(PlanError::NoTargets {
            environment: "Test".into(),
            roles: vec!["cache".into()]
        })
    );
    world.connectivity.allow_deployments_to_no_targets = true;
    assert_eq!(
        skips(&world.plan(&none).unwrap()),
        [Some(SkipReason::NoTargets), None]
    );
    // A step that is skipped anyway asks for no machines.
    world.connectivity.allow_deployments_to_no_targets = false;
    let disabled = saved(json!([
        script("Cache", "cache", json!({"IsDisabled": true}), json!({})),
        plain("Tidy", "")
    ]));
    assert_eq!(
        skips(&world.plan(&disabled).unwrap()),
        [Some(SkipReason::Disabled), None]
    );
}

#[test]
fn machines_stay_out_for_reasons() {
    let mut world = World::new();
    world.machines.extend([
        machine(4, "web-off", &["web"], json!({"IsDisabled": true})),
        machine(5, "web-far", &["web"], json!({"EnvironmentIds": ["Environments-2"]})),
        machine(6, "web-sick", &["web"], json!({"HealthStatus": "Unhealthy"})),
        machine(7, "web-gone", &["web"], json!({"HealthStatus": "Unavailable"})),
        machine(8, "web-tenant", &["web"], json!({"TenantedDeploymentParticipation": "Tenanted", "TenantIds": ["Tenants-1"]})),
        machine(9, "web-tagged", &["web"], json!({"TenantedDeploymentParticipation": "TenantedOrUntenanted", "TenantTags": ["Ring/Early"]})),
    ]);
    let process = saved(json!([plain("Web", "web")]));
    let names = |world: &World| {
        world
            .plan(&process)
            .unwrap()
            .targets
            .into_iter()
            .map(|t| t.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&world),
        ["web-1", "web-2", "web-gone", "web-sick", "web-tagged"]
    );
    world.connectivity = read(
        json!({"SkipMachineBehavior": "SkipUnavailableMachines", "ExcludeUnhealthyTargets": true}),
    );
    assert_eq!(names(&world), ["web-1", "web-2", "web-tagged"]);
    world.connectivity =
        read(json!({"SkipMachineBehavior": "SkipUnavailableMachines", "TargetRoles": ["db"]}));
    assert_eq!(
        names(&world),
        ["web-1", "web-2", "web-gone", "web-sick", "web-tagged"]
    );
    world.choices.excluded_machine_ids = vec![MachineId::numbered(1)];
    world.choices.specific_machine_ids = vec![MachineId::numbered(2)];
    assert_eq!(names(&world), ["web-2"]);
    world.choices.specific_machine_ids = vec![MachineId::numbered(4)];
    assert_eq!(
        world.plan(&process),
        Err(PlanError::MachineCannotTakePart {
            machine: MachineId::numbered(4),
            why: Exclusion::Disabled
        })
    );
    world.choices = DeploymentChoices::default();
    world.tenant = Some((TenantId::numbered(1), vec![]));
    assert_eq!(names(&world), ["web-tenant"]);
    world.tenant = Some((TenantId::numbered(2), vec!["ring/early".into()]));
    assert_eq!(names(&world), ["web-tagged"]);
}

#[test]
fn workers_come_from_the_nearest_pool_named() {
    let mut world = World::new();
    let region =
        json!({"Endpoint": {"CommunicationStyle": "None", "DefaultWorkerPoolId": "WorkerPools-2"}});
    world
        .machines
        .push(machine(10, "eu-west", &["region"], region));
    let place = |world: &World, step: Value| {
        let plan = world.plan(&saved(json!([step]))).unwrap();
        (
            plan.steps[0].actions[0].kind,
            plan.steps[0].actions[0].worker_pool.clone(),
            plan.steps[0].on.len(),
        )
    };
    let pool = |n: u64| Some(format!("WorkerPools-{n}"));
    let on_worker = json!({"Properties": {"Octopus.Action.Script.ScriptBody": "x", "Octopus.Action.RunOnServer": "True"}});
    assert_eq!(
        place(&world, plain("once", "")),
        (ActionKind::OnWorker, pool(1), 1)
    );
    for named in ["workerpools-2", "#{Pool}"] {
        let step = script("named", "", json!({"WorkerPoolId": named}), json!({}));
        assert_eq!(place(&world, step), (ActionKind::OnWorker, pool(2), 1));
    }
    assert_eq!(
        place(&world, script("each", "web", on_worker, json!({}))),
        (ActionKind::OnWorker, pool(1), 2)
    );
    assert_eq!(
        place(&world, plain("region", "region")),
        (ActionKind::OnWorker, pool(2), 1)
    );
    assert_eq!(
        place(&world, plain("target", "web")),
        (ActionKind::OnTarget, None, 2)
    );

    let mixed = world.plan(&saved(json!([plain("mixed", "web,region")])));
    assert!(
        matches!(mixed, Err(PlanError::MixedTargets { .. })),
        "{mixed:?}"
    );
    let unknown = saved(json!([script(
        "x",
        "",
        json!({"WorkerPoolId": "WorkerPools-9"}),
        json!({})
    )]));
    assert_eq!(
        world.plan(&unknown),
        Err(PlanError::UnknownPool {
            step: "x".into(),
            pool: "WorkerPools-9".into()
        })
    );
    world.pools.clear();
    assert_eq!(
        world.plan(&saved(json!([plain("x", "")]))),
        Err(PlanError::NoPool { step: "x".into() })
    );
}
