//! Planning: what runs where, what does not, and why. Numbers in names are regression cases of parallel execution.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::{
    FailurePolicy, Limits, MachineLock, Plan, Retry, SkipReason, StepIx,
};
use regatta_core::environment::Environment;
use regatta_core::id::{ChannelId, TenantId};
use regatta_core::machine::{Machine, WorkerPool};
use regatta_core::planner::{PlanContext, PlanError, Tenant, Unusable, plan, preview};
use regatta_core::process::{DeploymentProcess, keys};
use regatta_core::project::ConnectivityPolicy;
use regatta_core::template::EvalError;
use serde_json::{Value, json};

use crate::process_document::saved;

mod target;

/// Everything a plan is made from, easily changed.
struct World {
    environment: Environment,
    machines: Vec<Machine>,
    pools: Vec<WorkerPool>,
    connectivity: ConnectivityPolicy,
    choices: DeploymentChoices,
    channel: ChannelId,
    tenant: Option<(TenantId, Vec<String>)>,
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn machine(number: u64, name: &str, roles: &[&str], more: Value) -> Machine {
    let mut body = json!({
        "Id": format!("Machines-{number}"), "Name": name, "Slug": name, "SpaceId": "Spaces-1", "Roles": roles,
        "EnvironmentIds": ["Environments-1"], "Endpoint": {"CommunicationStyle": "TentacleActive"}, "HealthStatus": "Healthy"
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    read(body)
}

impl World {
    fn new() -> Self {
        Self {
            environment: read(
                json!({"Id": "Environments-1", "Name": "Test", "Slug": "test", "SpaceId": "Spaces-1"}),
            ),
            machines: vec![
                machine(2, "web-2", &["web"], json!({})),
                machine(1, "web-1", &["Web"], json!({})),
                machine(3, "db-1", &["db"], json!({})),
            ],
            pools: vec![
                read(
                    json!({"Id": "WorkerPools-1", "Name": "Default", "Slug": "default", "SpaceId": "Spaces-1", "IsDefault": true}),
                ),
                read(
                    json!({"Id": "WorkerPools-2", "Name": "Build farm", "Slug": "build-farm", "SpaceId": "Spaces-1"}),
                ),
            ],
            connectivity: ConnectivityPolicy::default(),
            choices: DeploymentChoices::default(),
            channel: ChannelId::numbered(1),
            tenant: None,
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&PlanContext<'_>) -> T) -> T {
        let evaluate = |text: &str| match text {
            "#{Password}" => Err(Unusable::Sensitive),
            "#{Loop}" => Err(Unusable::Failed(EvalError::Cycle {
                names: vec!["Loop".to_owned(), "Loop".to_owned()],
            })),
            text => Ok(text.replace("#{Two}", "2").replace("#{Pool}", "Build farm")),
        };
        use_it(&PlanContext {
            environment: Some(&self.environment),
            channel: Some(&self.channel),
            tenant: self.tenant.as_ref().map(|(id, tags)| Tenant { id, tags }),
            choices: &self.choices,
            machines: &self.machines,
            pools: &self.pools,
            connectivity: &self.connectivity,
            guided_failure: false,
            failure_policy: FailurePolicy::FinishBranches,
            limits: Limits::default(),
            bypass_mutex: false,
            evaluate: &evaluate,
            expected_ms: &|id| (id == "id-2").then_some(40_000),
        })
    }

    fn plan(&self, process: &DeploymentProcess) -> Result<Plan, PlanError> {
        self.with(|context| plan(process, context))
    }
}

/// A script step with these target tags; `more` goes into the action, `step` into the step.
fn script(name: &str, roles: &str, more: Value, step: Value) -> Value {
    let mut action = json!({"Name": name, "ActionType": "Octopus.Script", "Properties": {"Octopus.Action.Script.ScriptBody": "echo"}});
    action
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let mut body = json!({"Name": name, "Properties": {"Octopus.Action.TargetRoles": roles}, "Actions": [action]});
    body.as_object_mut()
        .unwrap()
        .extend(step.as_object().unwrap().clone());
    body
}

fn plain(name: &str, roles: &str) -> Value {
    script(name, roles, json!({}), json!({}))
}

fn skips(plan: &Plan) -> Vec<Option<SkipReason>> {
    plan.steps.iter().map(|step| step.skip.clone()).collect()
}

#[test]
fn a_plan_says_what_runs_where() {
    let process = saved(json!([
        plain("Back up", "db"),
        script("Deploy", "web", json!({"Properties": {
            "Octopus.Action.Script.ScriptBody": "echo", "Octopus.Action.AutoRetry.MaximumCount": "#{Two}", "Octopus.Action.AutoRetry.MinimumBackoff": "15",
            "Octopus.Action.ExecutionTimeout.Minutes": "0.5"}}),
            json!({"StartTrigger": "StartWithPrevious", "Properties": {"Octopus.Action.TargetRoles": "web", "Octopus.Action.MaxParallelism": "#{Two}",
                "Regatta.Step.DependsOn": "[\"back-up\"]", "Regatta.Step.MachineLock": "exclusive"}})),
        {"Name": "Approve", "Actions": [{"Name": "Approve", "ActionType": "Octopus.Manual", "Properties": {"Octopus.Action.Manual.Instructions": "Look"}}]},
        script("Smoke", "web", json!({"WorkerPoolVariable": "Pool", "Properties": {"Octopus.Action.Script.ScriptBody": "x", "Octopus.Action.RunOnServer": "true"}}), json!({"Condition": "Always"})),
        plain("Tidy", ""),
    ]));
    let world = World::new();
    let plan = world.plan(&process).unwrap();
    insta::assert_json_snapshot!(serde_json::to_value(&plan).unwrap());
    assert_eq!(
        plan.steps[1].actions[0].retry,
        Retry {
            retries_max: 2,
            backoff_ms: 15_000
        }
    );
    assert_eq!(plan.steps[1].machine_lock, MachineLock::Exclusive);
}

#[test]
fn case_1_a_skipped_opener_moves_no_boundary() {
    let process = saved(json!([
        plain("A", ""),
        script("B", "", json!({"IsDisabled": true}), json!({})),
        script(
            "C",
            "",
            json!({}),
            json!({"StartTrigger": "StartWithPrevious"})
        ),
        plain("D", ""),
    ]));
    let plan = World::new().plan(&process).unwrap();
    assert_eq!(skips(&plan), [None, Some(SkipReason::Disabled), None, None]);
    let waits: Vec<Vec<u32>> = plan
        .steps
        .iter()
        .map(|s| s.waits_for.iter().map(|StepIx(i)| *i).collect())
        .collect();
    assert_eq!(waits, [vec![], vec![0], vec![0], vec![0, 1, 2]]);
}

#[test]
fn case_6_a_plan_has_the_steps_of_the_process_and_no_others() {
    let packaged = json!({"Name": "P", "ActionType": "Octopus.TentaclePackage", "Packages": [{"Name": "", "PackageId": "Web", "FeedId": "feeds-builtin"}]});
    let process = saved(
        json!([plain("A", "web"), {"Name": "P", "StartTrigger": "StartWithPrevious", "Properties": {"Octopus.Action.TargetRoles": "web"}, "Actions": [packaged]}, plain("B", "web")]),
    );
    let plan = World::new().plan(&process).unwrap();
    assert_eq!(
        plan.steps
            .iter()
            .map(|s| s.name.as_str())
            .collect::<Vec<_>>(),
        ["A", "P", "B"]
    );
    assert!(plan.steps[1].waits_for.is_empty());
}

#[test]
fn scopes_and_choices_skip_with_a_reason() {
    let process = saved(json!([
        script(
            "env",
            "",
            json!({"Environments": ["Environments-9"]}),
            json!({})
        ),
        script(
            "not-env",
            "",
            json!({"ExcludedEnvironments": ["Environments-1"]}),
            json!({})
        ),
        script(
            "channel",
            "",
            json!({"Channels": ["Channels-2"]}),
            json!({})
        ),
        script("tags", "", json!({"TenantTags": ["Ring/Early"]}), json!({})),
        script("chosen", "", json!({}), json!({"Id": "chosen"})),
        script(
            "runs",
            "",
            json!({"Environments": ["Environments-1"], "Channels": ["Channels-1"]}),
            json!({})
        ),
    ]));
    let mut world = World::new();
    world.choices.skip_actions = vec!["chosen".into()];
    use SkipReason::{ByUser, Channel, Environment, TenantTags};
    let expected = [
        Some(Environment),
        Some(Environment),
        Some(Channel),
        Some(TenantTags),
        Some(ByUser),
        None,
    ];
    assert_eq!(skips(&world.plan(&process).unwrap()), expected);
}

#[test]
fn skipping_a_parent_skips_its_children_and_the_other_way_round() {
    let child = |id: &str| json!({"Id": id, "Name": id, "ActionType": "Octopus.Script", "Properties": {"Octopus.Action.Script.ScriptBody": "x"}});
    let process =
        saved(json!([{"Id": "parent", "Name": "Parent", "Actions": [child("a"), child("b")]}]));
    let mut world = World::new();
    for (chosen, step, actions) in [
        (
            vec!["parent"],
            Some(SkipReason::ByUser),
            [Some(SkipReason::ByUser), Some(SkipReason::ByUser)],
        ),
        (
            vec!["a", "b"],
            Some(SkipReason::ByUser),
            [Some(SkipReason::ByUser), Some(SkipReason::ByUser)],
        ),
        (vec!["b"], None, [None, Some(SkipReason::ByUser)]),
    ] {
        world.choices.skip_actions = chosen.into_iter().map(str::to_owned).collect();
        let plan = world.plan(&process).unwrap();
        assert_eq!(plan.steps[0].skip, step);
        assert_eq!(
            plan.steps[0]
                .actions
                .iter()
                .map(|a| a.skip.clone())
                .collect::<Vec<_>>(),
            actions
        );
    }
    let mixed = saved(json!([{"Id": "parent", "Name": "Parent", "Actions": [
        child("a"), {"Id": "b", "Name": "b", "ActionType": "Octopus.Script", "IsDisabled": true, "Properties": {"Octopus.Action.Script.ScriptBody": "x"}}]}]));
    world.choices.skip_actions = vec!["a".into()];
    assert_eq!(
        world.plan(&mixed).unwrap().steps[0].skip,
        Some(SkipReason::NoActions)
    );
}

#[test]
fn case_19_required_steps_cannot_be_skipped() {
    let approval = json!({"Id": "ap", "Name": "Approve", "ActionType": "Octopus.Manual", "Properties": {
        "Octopus.Action.Manual.Instructions": "Look", "Octopus.Action.Manual.ResponsibleTeamIds": "Teams-1"}});
    let process = saved(
        json!([script("Must", "", json!({"Id": "must", "IsRequired": true}), json!({})), {"Id": "s", "Name": "Approve", "Actions": [approval]}]),
    );
    let mut world = World::new();
    for id in ["must", "ap", "s"] {
        world.choices.skip_actions = vec![id.to_owned()];
        assert!(
            matches!(world.plan(&process), Err(PlanError::RequiredStep { .. })),
            "{id}"
        );
    }
    world.choices.skip_actions = vec!["nowhere".into()];
    assert_eq!(
        world.plan(&process),
        Err(PlanError::UnknownStep {
            id: "nowhere".into()
        })
    );
}

#[test]
fn numbers_from_variables_are_checked_when_planning() {
    let process = saved(json!([script(
        "x",
        "web",
        json!({}),
        json!({"Properties": {"Octopus.Action.TargetRoles": "web", "Octopus.Action.MaxParallelism": "#{Pool}"}})
    )]));
    let error = World::new().plan(&process).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x: `Octopus.Action.MaxParallelism` is `Build farm`, which is not a number of targets from 1, or a percentage such as 25%."
    );
}

/// A plan is shown to everybody who sees the release, so a secret in it would be; and a limit that is left out because it
/// cannot be worked out would let everything run at once.
#[test]
fn limits_that_are_secret_or_cannot_be_worked_out_are_refused() {
    const WHY: [(&str, &str); 2] = [
        (
            "#{Password}",
            "uses a sensitive variable, and plans are shown. Use one that is not sensitive.",
        ),
        (
            "#{Loop}",
            "cannot be worked out: `Loop` uses itself: Loop → Loop.",
        ),
    ];
    for (expression, why) in WHY {
        let refused = |property: &str, action: Value, step: Value| {
            let process = saved(json!([script("x", "web", action, step)]));
            let error = World::new().plan(&process).unwrap_err();
            assert_eq!(error.to_string(), format!("x: `{property}` {why}"));
        };
        refused(
            "Octopus.Action.MaxParallelism",
            json!({}),
            json!({"Properties": {"Octopus.Action.TargetRoles": "web", "Octopus.Action.MaxParallelism": expression}}),
        );
        for property in [
            keys::RETRY_COUNT,
            keys::RETRY_BACKOFF,
            keys::TIMEOUT_MINUTES,
        ] {
            let properties =
                json!({"Octopus.Action.Script.ScriptBody": "echo", property: expression});
            refused(property, json!({"Properties": properties}), json!({}));
        }
        let on_worker = json!({"Octopus.Action.Script.ScriptBody": "echo", "Octopus.Action.RunOnServer": "true"});
        for property in ["WorkerPoolId", "WorkerPoolVariable"] {
            let name = expression.trim_matches(['#', '{', '}']);
            let value = if property == "WorkerPoolId" {
                expression
            } else {
                name
            };
            refused(
                property,
                json!({"Properties": on_worker, property: value}),
                json!({}),
            );
        }
    }
}

#[test]
fn the_preview_shows_everything_and_why_not() {
    let mut world = World::new();
    world
        .machines
        .push(machine(4, "web-off", &["web"], json!({"IsDisabled": true})));
    let child = |name: &str| json!({"Name": name, "ActionType": "Octopus.Script", "IsRequired": name == "a", "Properties": {"Octopus.Action.Script.ScriptBody": "x"}});
    let process = saved(json!([
        plain("Web", "web"), {"Name": "Parent", "Actions": [child("a"), child("b")]},
        script("Off", "", json!({"IsDisabled": true}), json!({})), plain("Cache", "cache"), script("Prod", "", json!({"Environments": ["Environments-2"]}), json!({})),
    ]));
    let rows = world
        .with(|context| preview(&process, context, false))
        .unwrap();
    insta::assert_json_snapshot!(serde_json::to_value(&rows).unwrap());
    assert_eq!(
        world
            .with(|context| preview(&process, context, true))
            .unwrap()
            .len(),
        rows.len() + 1
    );
}

proptest::proptest! {
    /// Whatever a process that can be saved looks like, its plan is one the engine accepts, with a step for each step.
    #[test]
    fn every_plan_is_one_the_engine_accepts(steps in proptest::collection::vec((0..3_u8, proptest::collection::btree_set(0..8_usize, 0..3), 0..4_u8, proptest::bool::ANY), 1..8)) {
        let of = |i: usize, (rule, on, roles, disabled): &(u8, std::collections::BTreeSet<usize>, u8, bool)| {
            let roles = ["", "web", "db", "none"][*roles as usize];
            let mut properties = json!({"Octopus.Action.TargetRoles": roles});
            if *rule == 2 {
                let slugs: Vec<String> = on.iter().filter(|on| **on < i).map(|on| format!("s{on}")).collect();
                properties["Regatta.Step.DependsOn"] = json!(json!(slugs).to_string());
            }
            let trigger = if *rule == 0 { "StartAfterPrevious" } else { "StartWithPrevious" };
            script(&format!("s{i}"), roles, json!({"IsDisabled": disabled}), json!({"StartTrigger": trigger, "Properties": properties}))
        };
        let process = saved(steps.iter().enumerate().map(|(i, step)| of(i, step)).collect());
        let mut world = World::new();
        world.connectivity.allow_deployments_to_no_targets = true;
        let plan = world.plan(&process).unwrap();
        proptest::prop_assert_eq!(plan.check(), Ok(()));
        proptest::prop_assert_eq!(plan.steps.len(), process.steps.len());
    }
}
