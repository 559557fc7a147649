//! What a process is refused for, each kind once.

use std::collections::BTreeSet;

use regatta_core::machine::WorkerPool;
use regatta_core::process::lint::LintContext;
use regatta_core::process::problem::{Fix, Kind, Level};
use regatta_core::process::validate::{read, validate, worker_pools};
use serde_json::{Value, json};

use crate::process_document::saved;
use crate::process_lint::{action, found, messages, plain, then, with};

/// A process with each error a save can be refused for, and nothing else wrong.
fn refused() -> Vec<(Kind, Value)> {
    let script = |properties: Value| json!([{"Name": "a", "Actions": [{"Name": "a", "ActionType": "Octopus.Script", "Properties": properties}]}]);
    vec![
        (Kind::Loop, json!([plain("a", &["b"]), plain("b", &["a"])])),
        (Kind::UnknownDependency, json!([plain("a", &["gone"])])),
        (Kind::DependsOnItself, json!([plain("a", &["a"])])),
        (
            Kind::DuplicateDependency,
            json!([plain("a", &[]), plain("b", &["a", "a"])]),
        ),
        (
            Kind::BadDependencyList,
            json!([with(
                plain("a", &[]),
                "Properties",
                json!({"Regatta.Step.DependsOn": "a, b"})
            )]),
        ),
        (Kind::BadName, json!([then("a\u{202E}", "x")])),
        (
            Kind::DuplicateName,
            json!([
                with(then("a", "x"), "Actions", json!([action("c", "x")])),
                with(then("A", "x"), "Actions", json!([action("d", "x")]))
            ]),
        ),
        (
            Kind::BadSlug,
            json!([with(then("a", "x"), "Slug", json!("A b"))]),
        ),
        (
            Kind::BadId,
            json!([with(then("a", "x"), "Id", json!("1".repeat(201)))]),
        ),
        (
            Kind::DuplicateId,
            json!([
                with(then("a", "x"), "Id", json!("1")),
                with(then("b", "x"), "Id", json!("1"))
            ]),
        ),
        (Kind::NoActions, json!([{"Name": "a", "Actions": []}])),
        (
            Kind::BadValue,
            json!([with(
                then("a", "x"),
                "Properties",
                json!({"Regatta.Step.MachineLock": "sometimes"})
            )]),
        ),
        (
            Kind::BadNumber,
            script(
                json!({"Octopus.Action.Script.ScriptBody": "x", "Octopus.Action.ExecutionTimeout.Minutes": "soon"}),
            ),
        ),
        (Kind::MissingProperty, script(json!({}))),
        (
            Kind::MissingExpression,
            json!([with(then("a", "x"), "Condition", json!("Variable"))]),
        ),
    ]
}

#[test]
fn what_cannot_run_is_refused_with_its_kind_and_place() {
    let refused = refused();
    let mut shown = Vec::new();
    for (kind, steps) in &refused {
        let problems = validate(&saved(steps.clone()));
        assert_eq!(
            problems.iter().map(|p| p.kind).collect::<Vec<_>>(),
            [*kind],
            "{problems:#?}"
        );
        assert!(problems[0].level == Level::Error && !problems[0].steps.is_empty());
        shown.extend(problems);
    }
    insta::assert_json_snapshot!(serde_json::to_value(&shown).unwrap());
}

#[test]
fn every_kind_has_a_test_here() {
    let errors: BTreeSet<Kind> = refused().into_iter().map(|(kind, _)| kind).collect();
    let linted = [
        Kind::OutputOfMissingStep,
        Kind::OutputOfLaterStep,
        Kind::UnsupportedFeature,
        Kind::ReadsWithoutWaiting,
        Kind::TakesTurns,
        Kind::NeverRuns,
        Kind::PoolWithoutWorker,
        Kind::UnreachableApproval,
        Kind::RedundantDependency,
        Kind::StartsEarly,
    ];
    // Asked with the pools of a space; below.
    let asked_apart = [Kind::UnknownWorkerPool];
    let tested: BTreeSet<Kind> = errors
        .into_iter()
        .chain(linted)
        .chain(asked_apart)
        .collect();
    assert_eq!(tested, Kind::ALL.iter().copied().collect());
}

#[test]
fn a_pool_is_one_of_the_space_or_an_expression() {
    let pool = json!({"Id": "WorkerPools-2", "Name": "Build farm", "Slug": "build-farm", "SpaceId": "Spaces-1"});
    let pools: Vec<WorkerPool> = vec![serde_json::from_value(pool).unwrap()];
    let on = |pool: Value| {
        let mut step = then("a", "x");
        step["Actions"][0]["WorkerPoolId"] = pool;
        worker_pools(&saved(json!([then("first", "x"), step])), &pools)
    };
    for known in [
        json!(null),
        json!(" "),
        json!("#{Pool}"),
        json!("workerpools-2"),
        json!("build farm"),
    ] {
        assert_eq!(on(known.clone()), [], "{known}");
    }
    let problems = on(json!("WorkerPools-9"));
    assert_eq!(problems.len(), 1);
    let problem = &problems[0];
    assert_eq!(problem.kind, Kind::UnknownWorkerPool);
    assert!(problem.prevents_saving && problem.steps[0].number == 2);
    assert_eq!(
        problem.field.as_deref(),
        Some("Steps[1].Actions[0].WorkerPoolId")
    );
    assert!(
        problem
            .message
            .contains("a: `WorkerPools-9` is no worker pool")
    );
}

#[test]
fn wrong_words_are_all_named_before_anything_else() {
    let document = json!({"Id": "deploymentprocess-Projects-1", "SpaceId": "Spaces-1", "Steps": [
        {"Name": "a", "StartTrigger": "Now", "Condition": "Maybe", "Actions": [{"Name": "a", "Condition": "Failure"}]}]});
    let problems = read(document).unwrap_err();
    let fields: Vec<_> = problems.iter().filter_map(|p| p.field.as_deref()).collect();
    assert_eq!(
        fields,
        [
            "Steps[0].StartTrigger",
            "Steps[0].Condition",
            "Steps[0].Actions[0].Condition"
        ]
    );
    assert_eq!(
        problems[0].message,
        "StartTrigger is `Now`; it must be one of StartAfterPrevious, StartWithPrevious."
    );
    assert!(
        read(json!({"Id": "deploymentprocess-Projects-1", "SpaceId": "Spaces-1", "Steps": 3}))
            .is_err()
    );
}

#[test]
fn a_loop_names_its_path_and_offers_each_edge() {
    let problems = found(
        json!([plain("A", &["c"]), plain("B", &["a"]), plain("C", &["b"])]),
        LintContext::default(),
    );
    assert_eq!(
        messages(&problems),
        ["A → C → B → A would wait for each other for ever. Remove one of these dependencies."]
    );
    let remove = |step: &str, on: &str| Fix::RemoveDependency {
        step: step.into(),
        on: on.into(),
    };
    assert_eq!(
        problems[0].fixes,
        [remove("a", "c"), remove("c", "b"), remove("b", "a")]
    );
}
