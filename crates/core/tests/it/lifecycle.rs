//! Where a release may go: phases, their order, and why not.

use regatta_core::environment::Environment;
use regatta_core::id::EnvironmentId;
use regatta_core::lifecycle::{Lifecycle, NotNow, Progress, Reached};
use serde_json::{Value, json};

fn environment(number: u64, sort: i32) -> Environment {
    serde_json::from_value(json!({"Id": format!("Environments-{number}"), "Name": format!("E{number}"), "Slug": format!("e{number}"), "SpaceId": "Spaces-1", "SortOrder": sort})).unwrap()
}

fn lifecycle(phases: Value) -> Lifecycle {
    serde_json::from_value(json!({"Id": "Lifecycles-1", "Name": "L", "Slug": "l", "SpaceId": "Spaces-1", "Phases": phases})).unwrap()
}

fn id(number: u64) -> EnvironmentId {
    EnvironmentId::numbered(number)
}

fn reached(numbers: &[u64]) -> Reached {
    Reached {
        succeeded: numbers.iter().map(|n| id(*n)).collect(),
        has_defect: false,
    }
}

fn phase(name: &str, by_hand: &[u64]) -> Value {
    let ids: Vec<String> = by_hand
        .iter()
        .map(|n| format!("Environments-{n}"))
        .collect();
    json!({"Name": name, "OptionalDeploymentTargets": ids})
}

/// Which of environments 1 to 4 the release may go to.
fn open(lifecycle: &Lifecycle, reached: &Reached) -> Vec<u64> {
    let all: Vec<Environment> = (1..=4)
        .map(|n| environment(n, i32::try_from(n).unwrap()))
        .collect();
    (1..=4)
        .filter(|n| lifecycle.may_deploy(&id(*n), &all, reached).is_ok())
        .collect()
}

#[test]
fn without_phases_each_environment_is_one_in_sort_order() {
    let all = [environment(1, 2), environment(2, 1)];
    let phases = lifecycle(json!([])).progression(&all, &reached(&[]));
    assert_eq!(
        phases.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["E2", "E1"]
    );
    assert_eq!(open(&lifecycle(json!([])), &reached(&[])), [1]);
    assert_eq!(open(&lifecycle(json!([])), &reached(&[1])), [1, 2]);
}

#[test]
fn a_phase_without_environments_stands_for_the_rest() {
    let l = lifecycle(json!([phase("Dev", &[2]), phase("Rest", &[])]));
    assert_eq!(open(&l, &reached(&[])), [2]);
    assert_eq!(open(&l, &reached(&[2])), [1, 2, 3, 4]);
}

#[test]
fn all_or_the_minimum_of_a_phase_opens_the_next() {
    let mut phases = json!([phase("Test", &[1, 2]), phase("Prod", &[3])]);
    assert_eq!(open(&lifecycle(phases.clone()), &reached(&[1])), [1, 2]);
    assert_eq!(
        open(&lifecycle(phases.clone()), &reached(&[1, 2])),
        [1, 2, 3]
    );
    phases[0]["MinimumEnvironmentsBeforePromotion"] = json!(1);
    assert_eq!(open(&lifecycle(phases), &reached(&[2])), [1, 2, 3]);
}

#[test]
fn an_optional_phase_blocks_nothing() {
    let mut phases = json!([
        phase("Dev", &[1]),
        phase("Check", &[2]),
        phase("Prod", &[3])
    ]);
    phases[1]["IsOptionalPhase"] = json!(true);
    assert_eq!(open(&lifecycle(phases.clone()), &reached(&[])), [1]);
    assert_eq!(open(&lifecycle(phases), &reached(&[1])), [1, 2, 3]);
}

#[test]
fn what_was_reached_stays_open() {
    let l = lifecycle(json!([
        phase("Dev", &[1, 4]),
        phase("Test", &[2]),
        phase("Prod", &[3])
    ]));
    // Environment 4 joined Dev after the release had gone on.
    assert_eq!(open(&l, &reached(&[1, 2])), [1, 2, 4]);
}

#[test]
fn a_defect_holds_back_and_lets_back() {
    let l = lifecycle(json!([
        phase("Dev", &[1]),
        phase("Test", &[2]),
        phase("Prod", &[3])
    ]));
    let mut r = reached(&[1, 2]);
    r.has_defect = true;
    assert_eq!(open(&l, &r), [1, 2]);
    let all = [environment(1, 1), environment(2, 2), environment(3, 3)];
    assert_eq!(l.may_deploy(&id(3), &all, &r), Err(NotNow::Defect));
}

#[test]
fn a_refusal_says_what_is_missing() {
    let l = lifecycle(json!([phase("Test", &[1, 2]), phase("Prod", &[3])]));
    let all = [
        environment(1, 1),
        environment(2, 2),
        environment(3, 3),
        environment(4, 4),
    ];
    let error = l.may_deploy(&id(3), &all, &reached(&[1])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The release must first be deployed to 1 more of the environments of phase Test: Environments-2."
    );
    let error = l.may_deploy(&id(4), &all, &reached(&[1])).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("The lifecycle L does not contain the environment Environments-4."),
        "{error}"
    );
}

#[test]
fn progress_reads_as_people_expect() {
    let l = lifecycle(json!([
        phase("Dev", &[1]),
        phase("Test", &[2]),
        phase("Prod", &[3])
    ]));
    let all = [environment(1, 1), environment(2, 2), environment(3, 3)];
    let progress: Vec<_> = l
        .progression(&all, &reached(&[1]))
        .into_iter()
        .map(|p| (p.progress, p.blocked))
        .collect();
    assert_eq!(
        progress,
        [
            (Progress::Complete, false),
            (Progress::Current, false),
            (Progress::Pending, true)
        ]
    );
}

#[test]
fn a_tenant_goes_through_the_phases_of_the_environments_it_is_connected_to() {
    let l = lifecycle(json!([
        phase("Dev", &[1]),
        phase("Test", &[2, 3]),
        phase("Live", &[4])
    ]));
    let connected = [id(2), id(4)];
    let own = l.for_tenant(&connected);
    assert_eq!(open(&own, &reached(&[])), [2]);
    assert_eq!(open(&own, &reached(&[2])), [2, 4]);
    // Connected to nothing the lifecycle has: nowhere, rather than everywhere.
    let elsewhere = l.for_tenant(&[id(9)]);
    assert!(
        elsewhere
            .may_deploy(&id(9), &[environment(9, 1)], &reached(&[]))
            .is_err()
    );
}

#[test]
fn what_opens_with_something_is_deployed_automatically_once() {
    let all: Vec<Environment> = (1..=4).map(|n| environment(n, 0)).collect();
    let automatic = |name: &str, ids: &[u64]| {
        let ids: Vec<String> = ids.iter().map(|n| format!("Environments-{n}")).collect();
        json!({"Name": name, "AutomaticDeploymentTargets": ids})
    };
    let mut one_of_two = automatic("Two", &[2, 3]);
    one_of_two["MinimumEnvironmentsBeforePromotion"] = json!(1);
    let l = lifecycle(json!([
        automatic("One", &[1]),
        one_of_two,
        automatic("Three", &[4])
    ]));
    let now = |before: Option<&[u64]>, after: &[u64]| {
        let before = before.map(reached);
        l.automatic(&all, before.as_ref(), &reached(after))
    };
    assert_eq!(now(None, &[]), [id(1)], "a new release");
    assert_eq!(now(Some(&[]), &[1]), [id(2), id(3)]);
    assert_eq!(now(Some(&[1]), &[1, 2]), [id(4)], "one of two is enough");
    assert_eq!(now(Some(&[1, 2]), &[1, 2, 3]), [], "it was open already");
    assert_eq!(now(Some(&[1]), &[1]), [], "deployed there again");
    let held = Reached {
        has_defect: true,
        ..reached(&[1])
    };
    assert_eq!(l.automatic(&all, Some(&reached(&[])), &held), []);
    assert_eq!(
        l.automatic(&all, Some(&held), &reached(&[1])),
        [id(2), id(3)],
        "the defect was what held it"
    );
}

#[test]
fn an_optional_phase_is_never_deployed_to_automatically() {
    let all: Vec<Environment> = (1..=4).map(|n| environment(n, 0)).collect();
    let l = lifecycle(json!([
        {"Name": "Try", "AutomaticDeploymentTargets": ["Environments-1"], "IsOptionalPhase": true},
        {"Name": "Go", "AutomaticDeploymentTargets": ["Environments-2"]},
    ]));
    assert_eq!(l.automatic(&all, None, &reached(&[])), [id(2)]);
}
