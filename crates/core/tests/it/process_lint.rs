//! Every problem that can be reported, once where it is and once where it is not.

use regatta_core::engine::plan::Limits;
use regatta_core::id::{ChannelId, EnvironmentId};
use regatta_core::machine::{Machine, WorkerPool};
use regatta_core::process::lint::{LintContext, lint};
use regatta_core::process::problem::{Fix, Kind, Problem};
use serde_json::{Value, json};

use crate::process_document::saved;

/// A parallel script step that waits for these slugs; `more` goes into the step's properties.
fn step(name: &str, after: &[&str], body: &str, more: Value) -> Value {
    let mut properties = json!({"Regatta.Step.DependsOn": json!(after).to_string()});
    properties
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({"Name": name, "StartTrigger": "StartWithPrevious", "Properties": properties, "Actions": [action(name, body)]})
}

pub(crate) fn action(name: &str, body: &str) -> Value {
    json!({"Name": name, "ActionType": "Octopus.Script", "Properties": {"Octopus.Action.Script.ScriptBody": body}})
}

pub(crate) fn plain(name: &str, after: &[&str]) -> Value {
    step(name, after, "echo", json!({}))
}

/// A step after all before it.
pub(crate) fn then(name: &str, body: &str) -> Value {
    json!({"Name": name, "Actions": [action(name, body)]})
}

pub(crate) fn with(mut step: Value, key: &str, value: Value) -> Value {
    step[key] = value;
    step
}

fn approval(name: &str, after: &[&str]) -> Value {
    let action = json!({"Name": name, "ActionType": "Octopus.Manual", "Properties": {"Octopus.Action.Manual.Instructions": "Look"}});
    with(plain(name, after), "Actions", json!([action]))
}

pub(crate) fn found(steps: Value, context: LintContext<'_>) -> Vec<Problem> {
    lint(&saved(steps), context)
}

fn kinds(steps: Value) -> Vec<Kind> {
    found(steps, LintContext::default())
        .into_iter()
        .map(|problem| problem.kind)
        .collect()
}

pub(crate) fn messages(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|p| p.message.as_str()).collect()
}

#[test]
fn an_ordinary_process_has_no_problems() {
    let steps = json!([
        then("Build", "set_octopusvariable Tag 1"),
        plain("Test", &["build"]),
        step(
            "Deploy",
            &["build"],
            "echo #{Octopus.Action[Build].Output.Tag}",
            json!({})
        ),
        approval("Approve", &["test", "deploy"]),
        then("Announce", "echo #{Octopus.Action[Deploy].Output.Url}"),
    ]);
    assert_eq!(found(steps, LintContext::default()), []);
}

#[test]
fn reading_without_waiting() {
    let read = "x=$(get_octopusvariable \"Octopus.Action[Build].Output.Tag\")";
    let problems = found(
        json!([
            plain("Build", &[]),
            step("Deploy", &[], &format!("\n{read}\n{read}"), json!({}))
        ]),
        LintContext::default(),
    );
    assert_eq!(
        messages(&problems),
        [
            "Deploy reads `Output[Build].Tag` (line 2) but does not wait for Build; the value may be missing."
        ]
    );
    assert_eq!(
        problems[0].fixes[0],
        Fix::AddDependency {
            step: "deploy".into(),
            on: "build".into()
        }
    );
    assert_eq!(
        problems[0].field.as_deref(),
        Some("Steps[1].Actions[0].Properties[Octopus.Action.Script.ScriptBody]")
    );
    for steps in [
        json!([
            plain("Build", &[]),
            step("Deploy", &["build"], read, json!({}))
        ]),
        json!([
            plain("Build", &[]),
            plain("Between", &["build"]),
            step("Deploy", &["between"], read, json!({}))
        ]),
        json!([
            plain("Build", &[]),
            step(
                "Deploy",
                &[],
                read,
                json!({"Regatta.Step.Intended": "[\"ReadsWithoutWaiting\"]"})
            )
        ]),
    ] {
        assert_eq!(kinds(steps), []);
    }
}

#[test]
fn reading_from_a_step_that_only_runs_afterwards() {
    let read = "#{Octopus.Action[Second].Output.X}";
    assert_eq!(
        kinds(json!([then("First", read), then("Second", "x")])),
        [Kind::OutputOfLaterStep]
    );
    assert_eq!(kinds(json!([then("Second", "x"), then("First", read)])), []);
    // Child steps run in order.
    let parent = |a: &str, b: &str| json!([{"Name": "P", "Actions": [action("First", a), action("Second", b)]}]);
    assert_eq!(kinds(parent(read, "x")), [Kind::OutputOfLaterStep]);
    assert_eq!(kinds(parent("x", "#{Octopus.Action[First].Output.X}")), []);
}

#[test]
fn reading_from_a_step_that_is_not_there() {
    let problems = found(
        json!([
            with(then("Compile", "x"), "Slug", json!("build")),
            then("Deploy", "#{Octopus.Action[Build].Output.X}")
        ]),
        LintContext::default(),
    );
    assert_eq!(
        messages(&problems),
        [
            "Deploy reads `Output[Build].X` (line 1), and there is no step called Build. It may have been renamed or deleted."
        ]
    );
    assert!(
        matches!(&problems[0].fixes[..], [Fix::ReplaceText { from, to, .. }] if from == "[Build]" && to == "[Compile]"),
        "{problems:?}"
    );
    let typo = found(
        json!([
            then("Build image", "x"),
            then("Deploy", "#{Octopus.Action[Biuld image].Output.X}")
        ]),
        LintContext::default(),
    );
    assert!(matches!(&typo[0].fixes[..], [Fix::ReplaceText { to, .. }] if to == "[Build image]"));
    assert_eq!(
        found(
            json!([then("Deploy", "#{Octopus.Action[Elsewhere].Output.X}")]),
            LintContext::default()
        )[0]
        .fixes,
        []
    );
    assert_eq!(
        kinds(json!([
            then("Compile", "x"),
            then("Deploy", "#{Octopus.Action[compile].Output.X}")
        ])),
        []
    );
}

#[test]
fn redundant_dependencies() {
    let steps = |last: &[&str]| json!([plain("a", &[]), plain("b", &["a"]), plain("c", last)]);
    let problems = found(steps(&["a", "b"]), LintContext::default());
    assert_eq!(
        messages(&problems),
        ["c waiting for a is already implied through b."]
    );
    assert_eq!(
        problems[0].fixes[0],
        Fix::RemoveDependency {
            step: "c".into(),
            on: "a".into()
        }
    );
    assert_eq!(kinds(steps(&["b"])), []);
    assert_eq!(
        kinds(json!([then("a", "x"), then("b", "x"), then("c", "x")])),
        [],
        "a barrier is not a list"
    );
}

#[test]
fn starting_earlier_than_the_place_suggests() {
    let problems = found(
        json!([plain("a", &[]), plain("b", &["a"]), plain("c", &[])]),
        LintContext::default(),
    );
    assert_eq!(
        messages(&problems),
        ["c has no dependencies: it starts with the deployment, before b above it."]
    );
    let set = |on: &str| Fix::SetDependencies {
        step: "c".into(),
        on: vec![on.into()],
    };
    assert_eq!(problems[0].fixes[..2], [set("a"), set("b")]);
    assert_eq!(
        kinds(json!([
            plain("a", &[]),
            plain("b", &[]),
            plain("c", &["a"])
        ])),
        []
    );
}

#[test]
fn an_approval_nobody_waits_for() {
    let problems = found(
        json!([
            plain("Build", &[]),
            approval("Approve", &["build"]),
            plain("Deploy", &["build"])
        ]),
        LintContext::default(),
    );
    assert_eq!(
        messages(&problems),
        ["Approve is not waited for by any later step; nothing will pause."]
    );
    assert_eq!(
        problems[0].fixes[0],
        Fix::AddDependency {
            step: "deploy".into(),
            on: "approve".into()
        }
    );
    assert_eq!(
        kinds(json!([
            plain("Build", &[]),
            approval("Approve", &["build"]),
            plain("Deploy", &["approve"])
        ])),
        []
    );
    assert_eq!(
        kinds(json!([
            then("Build", "x"),
            approval("Sign off", &["build"])
        ])),
        [],
        "a last sign-off holds the deployment itself"
    );
}

#[test]
fn steps_that_never_run() {
    let environments = [EnvironmentId::numbered(1), EnvironmentId::numbered(2)];
    let channels = [ChannelId::numbered(1)];
    let context = LintContext {
        environments: Some(&environments),
        channels: Some(&channels),
        ..LintContext::default()
    };
    let scoped = |key: &str, value: Value| {
        let mut step = then("a", "x");
        step["Actions"][0][key] = value;
        step
    };
    let mut both = scoped("Environments", json!(["Environments-1"]));
    both["Actions"][0]["ExcludedEnvironments"] = json!(["Environments-1"]);
    let never = [
        both,
        scoped("Environments", json!(["Environments-9"])),
        scoped(
            "ExcludedEnvironments",
            json!(["Environments-1", "Environments-2"]),
        ),
        scoped("Channels", json!(["Channels-9"])),
        with(then("a", "x"), "Condition", json!("Failure")),
        with(
            with(then("a", "x"), "Condition", json!("Variable")),
            "Properties",
            json!({"Octopus.Step.ConditionVariableExpression": " False "}),
        ),
    ];
    for step in never {
        let problems = found(json!([step.clone()]), context);
        assert_eq!(
            problems.iter().map(|p| p.kind).collect::<Vec<_>>(),
            [Kind::NeverRuns],
            "{step}"
        );
    }
    let sometimes = [
        scoped("Environments", json!(["Environments-9", "Environments-2"])),
        scoped("ExcludedEnvironments", json!(["Environments-1"])),
        scoped("Channels", json!(["Channels-1"])),
        with(
            with(then("a", "x"), "Condition", json!("Variable")),
            "Properties",
            json!({"Octopus.Step.ConditionVariableExpression": "#{x}"}),
        ),
    ];
    for step in sometimes {
        assert_eq!(found(json!([step.clone()]), context), [], "{step}");
    }
    assert_eq!(
        kinds(json!([
            then("a", "x"),
            with(then("b", "x"), "Condition", json!("Failure"))
        ])),
        []
    );
}

fn machines() -> Vec<Machine> {
    let machine = |n: u32, roles: &[&str]| {
        serde_json::from_value(json!({"Id": format!("Machines-{n}"), "Name": format!("web-0{n}"), "Slug": format!("m{n}"), "SpaceId": "Spaces-1",
            "Roles": roles, "EnvironmentIds": ["Environments-1"], "Endpoint": {"CommunicationStyle": "TentacleActive"}}))
        .unwrap()
    };
    vec![
        machine(1, &["web", "api"]),
        machine(2, &["web", "api"]),
        machine(3, &["web", "api"]),
        machine(4, &["db"]),
    ]
}

#[test]
fn a_step_without_machines_never_runs() {
    let machines = machines();
    let context = LintContext {
        machines: Some(&machines),
        ..LintContext::default()
    };
    let on = |roles: &str| {
        json!([with(
            then("a", "x"),
            "Properties",
            json!({"Octopus.Action.TargetRoles": roles})
        )])
    };
    assert_eq!(
        messages(&found(on("cache,queue"), context)),
        ["a never runs: no machine in its environments has any of the target tags cache, queue."]
    );
    assert_eq!(found(on("cache,WEB"), context), []);
}

/// Two parallel steps on the same machines; the second asks for this lock.
fn pair(lock: &str) -> Value {
    json!([
        step(
            "Api",
            &[],
            "x",
            json!({"Octopus.Action.TargetRoles": "api"})
        ),
        step(
            "Web",
            &[],
            "x",
            json!({"Octopus.Action.TargetRoles": "web", "Regatta.Step.MachineLock": lock})
        )
    ])
}

#[test]
fn parallel_steps_that_take_turns() {
    let machines = machines();
    let known = LintContext {
        machines: Some(&machines),
        ..LintContext::default()
    };
    let problems = found(pair("exclusive"), known);
    assert_eq!(
        messages(&problems),
        [
            "Api and Web both run on web-01 to web-03 (3 machines), and Web asks for its machines alone: they will take turns."
        ]
    );
    assert_eq!(
        problems[0].fixes[0],
        Fix::Set {
            step: "web".into(),
            field: "Regatta.Step.MachineLock".into(),
            to: "deployment".into()
        }
    );
    assert_eq!(
        found(pair("deployment"), known),
        [],
        "steps of one deployment share its machines"
    );
    assert_eq!(
        found(pair("exclusive"), LintContext::default()),
        [],
        "different tags, machines unknown"
    );

    let mut on_worker = pair("exclusive");
    on_worker[0]["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("true");
    assert_eq!(
        found(on_worker, known),
        [],
        "a worker acts for the machines"
    );
    let mut regions = machines.clone();
    for machine in &mut regions {
        machine.endpoint.communication_style = "None".into();
    }
    let without_agents = LintContext {
        machines: Some(&regions),
        ..known
    };
    assert_eq!(found(pair("exclusive"), without_agents), []);

    let one_each = LintContext {
        limits: Limits {
            running_max: None,
            per_machine_max: Some(1),
        },
        ..known
    };
    assert_eq!(
        found(pair("deployment"), one_each)[0].kind,
        Kind::TakesTurns
    );
}

#[test]
fn lanes_beyond_a_limit_take_turns() {
    let three = json!([plain("a", &[]), plain("b", &[]), plain("c", &[])]);
    let at_once = |max| LintContext {
        limits: Limits {
            running_max: Some(max),
            per_machine_max: None,
        },
        ..LintContext::default()
    };
    assert_eq!(
        messages(&found(three.clone(), at_once(2))),
        [
            "3 steps could run at once (a, b, c), and the project lets 2 run at once: some will take turns."
        ]
    );
    assert_eq!(found(three.clone(), at_once(3)), []);
    let slots = [(String::new(), 2)];
    let context = LintContext {
        pool_slots: Some(&slots),
        ..LintContext::default()
    };
    assert_eq!(found(three, context)[0].kind, Kind::TakesTurns);
}

#[test]
fn a_step_on_a_pool_without_a_worker_is_told_of() {
    let pool = |id: &str, name: &str| -> WorkerPool {
        serde_json::from_value(
            json!({"Id": id, "Name": name, "Slug": name.to_lowercase(), "SpaceId": "Spaces-1"}),
        )
        .unwrap()
    };
    let pools = [
        pool("WorkerPools-1", "Default"),
        pool("WorkerPools-2", "Farm"),
    ];
    let slots = [("", 1), ("WorkerPools-1", 1), ("WorkerPools-2", 0)]
        .map(|(pool, slots)| (pool.to_owned(), slots));
    let context = LintContext {
        pools: Some(&pools),
        pool_slots: Some(&slots),
        ..LintContext::default()
    };
    let on = |name: &str, wanted: &str| {
        let mut step = plain(name, &[]);
        step["Actions"][0]["WorkerPoolId"] = json!(wanted);
        step
    };
    for wanted in ["WorkerPools-2", "farm"] {
        // They do not take turns either.
        let steps = json!([on("a", wanted), on("b", wanted)]);
        assert_eq!(
            messages(&found(steps, context)),
            ["a", "b"].map(|step| format!(
                "{step} runs on the worker pool Farm, which has no worker: a deployment would wait for ever."
            ))
        );
    }
    for served in ["", "WorkerPools-1", "#{Pool}"] {
        assert_eq!(found(json!([on("a", served)]), context), []);
    }
    let mut disabled = on("a", "farm");
    disabled["Actions"][0]["IsDisabled"] = json!(true);
    let mut manual = approval("b", &["a"]);
    manual["Actions"][0]["WorkerPoolId"] = json!("farm");
    let kinds = found(json!([disabled, manual]), context);
    assert!(
        kinds
            .iter()
            .all(|problem| problem.kind != Kind::PoolWithoutWorker)
    );
}

#[test]
fn what_a_step_asks_for_and_nobody_does_is_an_error() {
    let deploying = |mut properties: Value| {
        properties["Octopus.Action.Package.PackageId"] = json!("Acme.Web");
        let action = json!({"Name": "web", "ActionType": "Octopus.TentaclePackage", "Properties": properties});
        json!([with(plain("web", &[]), "Actions", json!([action]))])
    };
    let asked = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.CustomDirectory,Octopus.Features.ConfigurationTransforms,Octopus.Features.IISWebSite",
        "Octopus.Action.CustomScripts.Deploy.ps1": "Restart-Service web",
        "Octopus.Action.CustomScripts.Deploy.fsx": "x",
        "Octopus.Action.CustomScripts.PreDeploy.sh": "echo fine",
        "Octopus.Action.CustomScripts.PostDeploy.csx": " ",
    }));
    let problems = found(asked, LintContext::default());
    assert!(
        problems
            .iter()
            .all(|problem| problem.kind == Kind::UnsupportedFeature && !problem.prevents_saving)
    );
    let asks = "web asks for something this server cannot do:";
    let end = "Take it out, and do it in a script.";
    assert_eq!(
        messages(&problems),
        [
            "the feature Octopus.Features.IISWebSite",
            "running scripts of the step that are not Bash, Python or PowerShell (Octopus.Action.CustomScripts.Deploy.fsx)",
        ]
        .map(|what| format!("{asks} {what}. {end}"))
    );
    assert_eq!(
        problems[0].field.as_deref(),
        Some("Steps[0].Actions[0].Properties[Octopus.Action.EnabledFeatures]")
    );
    let fine = deploying(json!({
        "Octopus.Action.EnabledFeatures": "octopus.features.substituteinfiles, Octopus.Features.JsonConfigurationVariables,Octopus.Features.CustomScripts",
        "Octopus.Action.Package.SkipIfAlreadyInstalled": "True",
    }));
    assert_eq!(found(fine, LintContext::default()), []);
    // Other types of steps carry such properties around without a meaning.
    let script = step("s", &[], "echo", json!({}));
    let script = with(
        script,
        "Actions",
        json!([{"Name": "s", "ActionType": "Octopus.Script", "Properties": {
            "Octopus.Action.Script.ScriptBody": "echo",
            "Octopus.Action.EnabledFeatures": "Octopus.Features.ConfigurationTransforms",
        }}]),
    );
    assert_eq!(found(json!([script]), LintContext::default()), []);
}
