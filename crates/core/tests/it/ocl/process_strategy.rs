//! Processes of every shape OCL has words for.

use proptest::prelude::*;
use regatta_core::process::Step;
use serde_json::{Map, Value, json};

/// Texts as people and machines write them: plain, scripts, quotes, odd line ends.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ._-]{0,20}",
        "[ -~äß\t\n]{0,60}",
        prop::collection::vec("[ \t]{0,8}[ -~]{0,20}", 1..8).prop_map(|lines| lines.join("\n")),
        prop::collection::vec("[ \t]{0,8}[ -~]{0,20}", 1..8).prop_map(|lines| lines.join("\r\n")),
        Just("EOT\n  EOT\n".to_owned()),
    ]
}

pub(super) fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9 ()\"\\\\/:äß-]{0,18}[a-z]"
}

fn properties() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "Octopus.Action.RunOnServer",
            "Octopus.Action.Script.ScriptBody",
            "Octopus.Action.TargetRoles",
            "Octopus.Action.MaxParallelism",
            "Regatta.Step.MachineLock",
        ])
        .prop_map(str::to_owned),
        "[A-Za-z.\\[\\]# ={}\"/-]{1,16}",
    ];
    prop::collection::btree_map(key, text(), 0..5).prop_map(|map| json!(map))
}

fn ids(kind: &'static str) -> impl Strategy<Value = Vec<String>> {
    let some = prop::collection::btree_set(1..4_u8, 0..3);
    some.prop_map(move |numbers| numbers.iter().map(|n| format!("{kind}-{n}")).collect())
}

fn package() -> impl Strategy<Value = Value> {
    (text(), prop::sample::select(vec!["Feeds-1", "Feeds-99", "#{Feed}", ""]), properties()).prop_map(
        |(id, feed, properties)| json!({"Name": id, "PackageId": id, "FeedId": feed, "AcquisitionLocation": "Server", "Properties": properties}),
    )
}

prop_compose! {
    fn action()(
        name in name(), notes in prop::option::of(text()), flags in any::<[bool; 3]>(), pool in prop::option::of(1..9_u8),
        environments in ids("Environments"), excluded in ids("Environments"), channels in ids("Channels"),
        image in prop::option::of(text()), packages in prop::collection::vec(package(), 0..3), properties in properties(),
    ) -> Value {
        json!({
            "Name": name, "ActionType": "Octopus.Script", "Notes": notes, "IsDisabled": flags[0], "IsRequired": flags[1],
            "Condition": if flags[2] { "Variable" } else { "Success" },
            "WorkerPoolId": pool.map(|n| format!("WorkerPools-{n}")),
            "Environments": environments, "ExcludedEnvironments": excluded, "Channels": channels,
            "Container": {"Image": image, "FeedId": null}, "TenantTags": ["Ring/Beta"], "Packages": packages, "Properties": properties,
            "GitDependencies": [{"Name": "", "RepositoryUri": "https://git.example/x.git", "DefaultBranch": "main", "GitCredentialType": "Anonymous"}],
        })
    }
}

prop_compose! {
    fn step(position: usize)(
        name in name(), condition in 0..4_usize, rule in 0..4_u8, package in 0..3_usize,
        waits in prop::collection::btree_set(0..position.max(1), 0..3), properties in properties(),
        actions in prop::collection::vec(action(), 1..4), same in any::<bool>(),
    ) -> Value {
        let mut properties: Map<String, Value> = properties.as_object().unwrap().clone();
        let slugs: Vec<_> = waits.iter().filter(|at| **at < position).map(|at| format!("s{at}")).collect();
        // With the trigger that ignores it, the list is kept all the same.
        if rule >= 2 {
            properties.insert("Regatta.Step.DependsOn".into(), json!(json!(slugs).to_string()));
        }
        let slug = format!("s{position}");
        let mut actions = actions;
        for (index, action) in actions.iter_mut().enumerate() {
            action["Slug"] = if index == 0 && same { json!(slug) } else { json!(format!("a{position}-{index}")) };
            if index == 0 && same { action["Name"] = json!(name); }
        }
        json!({
            "Name": name, "Slug": slug, "Properties": properties, "Actions": actions,
            "Condition": (["Success", "Failure", "Always", "Variable"][condition]),
            "PackageRequirement": (["LetOctopusDecide", "BeforePackageAcquisition", "AfterPackageAcquisition"][package]),
            "StartTrigger": if rule % 2 == 0 { "StartAfterPrevious" } else { "StartWithPrevious" },
        })
    }
}

/// The steps of a process.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let count = 0..7_usize;
    count.prop_flat_map(|count| {
        let steps: Vec<_> = (0..count).map(step).collect();
        steps.prop_map(|steps| serde_json::from_value(json!(steps)).unwrap())
    })
}
