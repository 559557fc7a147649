//! Script modules of the library, as scripts load them.

use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

const SPACE: &str = "/api/Spaces-1";

async fn module(installation: &Installation, name: &str, language: &str, body: &str) -> Value {
    let set = json!({ "Name": name, "ContentType": "ScriptModule" });
    let set = installation
        .post(&format!("{SPACE}/libraryvariablesets"), set)
        .await;
    let path = format!("{SPACE}/variables/{}", text(&set["VariableSetId"]));
    let mut variables = installation.get(&path).await;
    variables["Variables"] = json!([
        { "Name": format!("Octopus.Script.Module[{name}]"), "Value": body },
        { "Name": format!("Octopus.Script.Module.Language[{name}]"), "Value": language },
    ]);
    installation.put(&path, variables).await;
    set["Id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_loads_the_modules_its_project_includes() {
    let installation = Installation::start().await;
    let greet = "greet() { echo \"hello $1 from $(get_octopusvariable Octopus.Project.Name)\"; }";
    let tools = "def double(text):\n    return text + text";
    let sets = [
        module(&installation, "Say Hello", "Bash", greet).await,
        module(&installation, "Tools", "Python", tools).await,
        module(&installation, "Script", "PowerShell", "function x {}").await,
    ];
    let mut python = step(
        "python",
        Some(&[]),
        "import Tools\nprint(Tools.double('ab'))",
    );
    python["Actions"][0]["Properties"]["Octopus.Action.Script.Syntax"] = json!("Python");
    let bash = step("bash", Some(&[]), "source SayHello.sh\ngreet you");
    let mut project = installation.project("Shop", vec![bash, python]).await;
    let path = format!("{SPACE}/projects/{}", project.id);
    let mut changed = installation.get(&path).await;
    changed["IncludedLibraryVariableSetIds"] = json!(sets);
    installation.put(&path, changed).await;
    installation.release(&mut project).await;
    // A release goes on with the modules it was made with.
    let variables = format!("{SPACE}/variables/variableset-{}", text(&sets[0]));
    let mut changed = installation.get(&variables).await;
    changed["Variables"][0]["Value"] = json!("greet() { echo changed; }");
    installation.put(&variables, changed).await;

    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    let log = installation
        .text(&format!("{SPACE}/tasks/{task}/raw"))
        .await;
    assert_eq!(over["State"], "Success", "{log}");
    assert!(log.contains("hello you from Shop"), "{log}");
    assert!(log.contains("abab"), "{log}");
}
