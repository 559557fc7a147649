//! Processes as text: whatever a step can be goes out and comes back, and what is no process is told by line.

use serde_json::{Value, json};

use super::shell::Shell;
use crate::installation::{Installation, step};

fn package(name: &str) -> Value {
    json!({
        "Name": name, "PackageId": "Acme.Web", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server",
        "Properties": {"Extract": "True"},
    })
}

fn of_type(name: &str, kind: &str, properties: &Value) -> Value {
    let mut step = step(name, None, "");
    step["Actions"][0]["ActionType"] = json!(kind);
    step["Actions"][0]["Properties"] = properties.clone();
    step
}

/// A script with everything an action can have.
fn script() -> Value {
    let body = "print('a')\n\tprint(\"b\\\\n\")\r\n EOT\n\n";
    let mut script = step("script", Some(&[]), body);
    script["Name"] = json!("Skript ün \"d\"");
    let action = &mut script["Actions"][0];
    action["Notes"] = json!("two\nlines");
    action["IsRequired"] = json!(true);
    action["Environments"] = json!(["Environments-1"]);
    action["WorkerPoolVariable"] = json!("Pool");
    action["Container"] = json!({"Image": "debian:12", "FeedId": "feeds-builtin"});
    action["Packages"] = json!([package("tools")]);
    action["GitDependencies"] = json!([{
        "Name": "", "RepositoryUri": "https://x/y.git", "DefaultBranch": "main", "GitCredentialType": "Anonymous",
    }]);
    action["Properties"]["Secret"] = json!({"HasValue": true, "NewValue": "hunter2"});
    script
}

/// One step of each type there is, and of one there is not.
fn every_type() -> Value {
    let feed = json!({
        "Octopus.Action.Package.PackageId": "Acme.Web", "Octopus.Action.Package.FeedId": "feeds-builtin",
        "Octopus.Action.Package.TransferPath": "/srv",
    });
    let mut deploy = of_type("package", "Octopus.TentaclePackage", &feed);
    deploy["Properties"] =
        json!({"Octopus.Action.TargetRoles": "web,db", "Octopus.Action.MaxParallelism": "1"});
    deploy["PackageRequirement"] = json!("AfterPackageAcquisition");
    deploy["Actions"][0]["Packages"] = json!([package("")]);
    let mut transfer = of_type("transfer", "Octopus.TransferPackage", &feed);
    transfer["Properties"] = json!({"Octopus.Action.TargetRoles": "web"});
    transfer["Actions"][0]["Packages"] = json!([package("")]);
    let instructions = json!({"Octopus.Action.Manual.Instructions": "Look\nwell"});
    let mut manual = of_type("manual", "Octopus.Manual", &instructions);
    manual["Condition"] = json!("Variable");
    manual["Properties"] = json!({"Octopus.Step.ConditionVariableExpression": "#{if X}true#{/if}"});
    let mail = json!({"Octopus.Action.Email.Subject": "s", "Octopus.Action.Email.Body": "<p>"});
    let health = json!({"Octopus.Action.HealthCheck.Type": "FullHealthCheck"});
    let mut health = of_type("health", "Octopus.HealthCheck", &health);
    health["Properties"] = json!({"Octopus.Action.TargetRoles": "web"});
    let release = json!({"Octopus.Action.DeployRelease.ProjectId": "Projects-1"});
    let odd = json!({"A key with spaces": "v", "a=b": "x", "Empty": "", "Dollar": "${x} #{y}"});
    json!([
        script(),
        deploy,
        transfer,
        manual,
        of_type("mail", "Octopus.Email", &mail),
        health,
        of_type("release", "Octopus.DeployRelease", &release),
        of_type("odd", "Acme.Of.Tomorrow", &odd),
    ])
}

/// Without what each process names itself, and the secret, which is not in a text.
fn without_ids(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("Id");
            map.remove("Secret");
            map.values_mut().for_each(without_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_step_goes_out_and_comes_back() {
    let installation = Installation::start().await;
    for name in ["Web", "Copy"] {
        installation
            .project(name, vec![step("one", None, "true")])
            .await;
    }
    let shell = Shell::of(&installation);
    let steps = json!({"Steps": every_type()}).to_string();
    std::fs::write(shell.home.join("p.json"), steps).unwrap();
    let first = ["process", "apply", "-p", "web", "-f", "p.json", "--yes"];
    let applied = shell.run(&first).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    let text = shell.out(&["process", "show", "-p", "web", "--ocl"]).await;
    assert!(!text.contains("hunter2"));
    std::fs::write(shell.home.join("p.ocl"), &text).unwrap();
    let again = ["process", "apply", "-p", "web", "-f", "p.ocl"];
    let unchanged = shell.run(&again).await;
    assert_eq!(unchanged.err, "Nothing to change.\n", "the secret stays");
    let copy = ["process", "apply", "-p", "copy", "-f", "p.ocl", "--yes"];
    let copied = shell.run(&copy).await;
    assert_eq!(copied.code, 0, "{}", copied.err);
    let copy = ["process", "show", "-p", "copy", "--ocl"];
    assert_eq!(shell.out(&copy).await, text);
    let mut steps = Vec::new();
    for project in ["web", "copy"] {
        let mut process = shell.json(&["process", "show", "-p", project]).await;
        without_ids(&mut process["Steps"]);
        steps.push(process["Steps"].take());
    }
    assert_eq!(steps[0], steps[1]);
}

const PROCESS: &[&str] = &["process", "apply", "-p", "web", "-f", "-", "--yes"];
const SETTINGS: &[&str] = &["project", "settings", "-p", "web", "--apply", "-", "--yes"];
const VARIABLES: &[&str] = &["variable", "apply", "-p", "web", "-f", "-", "--yes"];

/// What people paste by mistake.
const NONSENSE: &[(&[&str], &str)] = &[
    (PROCESS, ""),
    (PROCESS, "\n \n"),
    (SETTINGS, ""),
    (VARIABLES, ""),
    (PROCESS, "Hello, this is an e-mail.\n"),
    (PROCESS, "steps:\n- run: make\n"),
    (PROCESS, "<?xml version=\"1.0\"?>"),
    (PROCESS, "{\"Steps\": 3}"),
    (PROCESS, "{\"Steps\": ["),
    (
        PROCESS,
        "[{\"Name\": \"a\", \"Actions\": []}, {\"Name\": \"b\", \"Actions\": 3}]",
    ),
    (PROCESS, "step build {\n}\n"),
    (PROCESS, "step \"a\" {\n"),
    (PROCESS, "step \"a\" {\n    name = \"b\n}\n"),
    (PROCESS, "step \"a\" {\n    depend_on = [\"b\"]\n}\n"),
    (PROCESS, "step \"a\" {\n    depends_on = \"b\"\n}\n"),
    (PROCESS, "step \"a\" {\n    start_trigger = \"Soon\"\n}\n"),
    (
        PROCESS,
        "step \"a\" {\n    action {\n        action_typ = \"x\"\n    }\n}\n",
    ),
    (
        PROCESS,
        "step \"a\" {\n    action {\n        action_type = \"x\"\n        environments = [\"tset\"]\n    }\n}\n",
    ),
    (PROCESS, "variable \"a\" {\n}\n"),
    (SETTINGS, "max_runing = 3\n"),
    (SETTINGS, "failure_policy = \"GiveUp\"\n"),
    (VARIABLES, "variable \"a\" {\n    value 3 {\n    }\n}\n"),
    (
        VARIABLES,
        "variable \"a\" {\n    value \"b\" {\n        environment = [\"tset\"]\n    }\n}\n",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_a_file_is_told_by_line() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let mut told = String::new();
    for (command, file) in NONSENSE {
        let ran = shell.run_with(command, file).await;
        told.push_str(&format!("{file}\n[{}] {}\n", ran.code, ran.err));
    }
    insta::assert_snapshot!(told);
    let count = ["step", "list", "-p", "web", "--jq", "length"];
    assert_eq!(shell.out(&count).await, "1\n", "nothing was changed");
}
