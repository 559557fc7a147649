//! A process that goes from one server to another as text is the same process there.

use serde_json::{Value, json};

use super::shell::Shell;
use crate::installation::{Installation, step};

fn steps() -> Vec<Value> {
    let mut approve = step("approve", Some(&["build"]), "");
    approve["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    approve["Actions"][0]["Properties"] =
        json!({"Octopus.Action.Manual.Instructions": "Look\n at \"it\""});
    let mut test = step(
        "test",
        None,
        "echo 1\n\n  echo \"two\"\t#{Octopus.Environment.Name}\n",
    );
    test["StartTrigger"] = json!("StartWithPrevious");
    test["Condition"] = json!("Always");
    let mut off = step("off", Some(&["test", "approve"]), "false");
    off["Actions"][0]["IsDisabled"] = json!(true);
    let mut here = step("here", None, "EOT\n  EOT");
    here["Actions"][0]["Environments"] = json!(["Environments-1"]);
    let mut more = here["Actions"][0].clone();
    more["Name"] = json!("Second action");
    here["Actions"] = json!([here["Actions"][0], more]);
    vec![step("build", Some(&[]), "make"), approve, test, off, here]
}

/// The plan without what each server names itself.
fn steady(mut plan: Value) -> Value {
    for step in plan["Steps"].as_array_mut().unwrap() {
        step["StepId"] = Value::Null;
        for action in step["Actions"].as_array_mut().unwrap() {
            action["ActionId"] = Value::Null;
        }
    }
    plan
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_exported_and_applied_elsewhere_plans_identically() {
    let (from, to) = (Installation::start().await, Installation::start().await);
    // Ids differ between the two, slugs do not.
    to.post("/api/environments", json!({"Name": "Elsewhere"}))
        .await;
    from.project("Web", steps()).await;
    to.project("Web", vec![step("other", None, "false")]).await;
    let (source, target) = (Shell::of(&from), Shell::of(&to));
    let text = source.out(&["process", "show", "-p", "web", "--ocl"]).await;
    std::fs::write(
        target.home.join("p.ocl"),
        format!("# kept by people\n{text}"),
    )
    .unwrap();
    let apply = ["process", "apply", "-p", "web", "-f", "p.ocl", "--yes"];
    let applied = target.run(&apply).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(
        applied.err.contains("other"),
        "what goes is said: {}",
        applied.err
    );
    assert_eq!(
        target.out(&["process", "show", "-p", "web", "--ocl"]).await,
        text
    );
    let mut plans = Vec::new();
    for shell in [&source, &target] {
        // The first release of the other server was made of what it had before.
        shell.out(&["release", "create", "-p", "web"]).await;
        let plan = [
            "process",
            "plan",
            "-p",
            "web",
            "--env",
            "Test",
            "--release",
            "0.0.2",
        ];
        plans.push(steady(shell.json(&plan).await));
    }
    assert_eq!(plans[0], plans[1]);
    let again = target.run(&apply).await;
    assert!(
        again.code == 0 && again.err.contains("Nothing to change"),
        "{}",
        again.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_come_back_as_they_were_and_secrets_stay() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    shell
        .out(&[
            "variable", "set", "Color", "green", "--env", "Test", "-p", "web",
        ])
        .await;
    let secret = shell
        .run_with(
            &["variable", "set", "Password", "--sensitive", "-p", "web"],
            "hunter2",
        )
        .await;
    assert_eq!(secret.code, 0, "{}", secret.err);
    let text = shell.out(&["variable", "list", "--ocl", "-p", "web"]).await;
    assert!(text.contains("green") && !text.contains("Password"));
    std::fs::write(shell.home.join("v.ocl"), text.replace("green", "blue")).unwrap();
    let applied = shell
        .run(&["variable", "apply", "-f", "v.ocl", "-p", "web", "--yes"])
        .await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    let listed = shell.json(&["variable", "list", "-p", "web"]).await;
    let by_name = |name: &str| {
        listed
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["Name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(by_name("Color")["Value"], "blue");
    assert_eq!(by_name("Password")["IsSensitive"], true);
    let unset = shell
        .run(&["variable", "unset", "Color", "-p", "web"])
        .await;
    assert_eq!(unset.code, 3, "the scope belongs to it: {}", unset.err);
    assert_eq!(
        shell
            .run(&["variable", "unset", "Color", "--env", "Test", "-p", "web"])
            .await
            .code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let installation = Installation::start().await;
    installation
        .project(
            "Web",
            vec![step("one", Some(&[]), "true"), step("two", None, "true")],
        )
        .await;
    let shell = Shell::of(&installation);
    let text = shell.out(&["process", "show", "-p", "web", "--ocl"]).await;
    let changed = text.replace("step \"two\" {\n", "step \"two\" {\n    depends_on = []\n");
    assert_ne!(changed, text);
    let dry = ["process", "apply", "-p", "web", "-f", "-", "--dry-run"];
    let ran = shell.run_with(&dry, &changed).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("two: starts") && ran.err.contains("dry run"),
        "{}",
        ran.err
    );
    assert_eq!(
        shell.out(&["process", "show", "-p", "web", "--ocl"]).await,
        text
    );
    let json = shell
        .out(&["process", "show", "-p", "web", "-o", "json"])
        .await;
    let again = shell.run_with(&dry, &json).await;
    assert!(
        again.code == 0 && again.err.contains("Nothing to change"),
        "{}",
        again.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_go_out_and_come_back() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let text = "# for the shop\nfailure_policy = \"StartNothingNew\"\nmax_running = 3\n\nconnectivity_policy {\n    exclude_unhealthy_targets = true\n}\n";
    let apply = ["project", "settings", "-p", "web", "--apply", "-", "--yes"];
    let applied = shell.run_with(&apply, text).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    let shown = shell.out(&["project", "settings", "-p", "web"]).await;
    for line in [
        "failure_policy = \"StartNothingNew\"",
        "max_running = 3",
        "exclude_unhealthy_targets = true",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let again = shell.run_with(&apply, &shown).await;
    assert!(
        again.code == 0 && again.err.contains("Nothing to change"),
        "{}",
        again.err
    );
    let wrong = shell.run_with(&apply, "max_running = many").await;
    assert!(
        wrong.code == 6 && wrong.err.contains("-:1:15"),
        "{}",
        wrong.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_the_usual_way_with_its_comments() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let file = shell.home.join("p.ocl");
    std::fs::write(&file, "# why\nstep \"a\"{\n  name=\"A\" # short\n}\n").unwrap();
    let check = ["process", "format", "-f", "p.ocl", "--check"];
    assert_eq!(shell.run(&check).await.code, 6);
    assert_eq!(
        shell.run(&["process", "format", "-f", "p.ocl"]).await.code,
        0
    );
    let usual = "# why\nstep \"a\" {\n    name = \"A\" # short\n}\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), usual);
    assert_eq!(shell.run(&check).await.code, 0);
    let wrong = shell
        .run_with(&["process", "format", "-f", "-"], "a = b")
        .await;
    assert!(
        wrong.code == 6 && wrong.err.contains("-:1:5"),
        "{}",
        wrong.err
    );
}
