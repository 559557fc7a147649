//! The scripts of steps that deploy a package in all their languages, and packages that are installed already.

use serde_json::json;

use crate::installation::{Installation, step};
use crate::package_step::{deploying, packed, versions, with_variables};
use crate::packages::{log_of, push};

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_a_step_and_its_package_run_in_their_language_with_its_helpers() {
    let installation = Installation::start().await;
    let files = [
        (
            "PreDeploy.py",
            "import os, helper\nprint('pre', helper.WORD, get_octopusvariable('Host'), get_octopusvariable('Secret'), os.path.basename(os.getcwd()))\nset_octopusvariable('Said', 'é \"\\n')\n",
        ),
        ("helper.py", "WORD = 'helped'\n"),
        ("Deploy.sh", "echo deploys in bash\n"),
        ("Deploy.py", "print('never')\n"),
    ];
    let web = packed(&installation, "web", &files);
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let post = "import sys\nprint('own #{Host}', len(sys.argv))\n";
    let deploy = deploying(json!({
        "Octopus.Action.CustomScripts.PostDeploy.py": post,
        "Octopus.Action.CustomScripts.PostDeploy.sh": "echo own in bash",
    }));
    let after = step(
        "after",
        None,
        "echo \"said [$(get_octopusvariable 'Octopus.Action[deploy].Output.Said')]\"",
    );
    let mut project = installation.project("Shop", vec![deploy, after]).await;
    with_variables(&installation, &mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    let in_order = [
        "Running PreDeploy.py of the package",
        "pre helped db.example ******** 1.0.0",
        "The package has Deploy.py, which is not run",
        "deploys in bash",
        "own in bash",
        "own db.example 1",
        "said [é \"",
    ];
    let mut rest = log.as_str();
    for line in in_order {
        let at = rest.find(line);
        let at = at.unwrap_or_else(|| panic!("'{line}' is not, or not in order, in\n{log}"));
        rest = &rest[at + line.len()..];
    }
    assert!(!log.contains("never"), "{log}");
    let failing = packed(
        &installation,
        "failing",
        &[
            ("Deploy.py", "import sys\nsys.exit(3)\n"),
            ("PostDeploy.py", "print('never')\n"),
            ("DeployFailed.py", "print('cleans up')\n"),
        ],
    );
    push(
        &installation,
        "Acme.Web.2.0.0.tar.gz",
        &failing,
        "FailIfExists",
    )
    .await;
    installation.release(&mut project).await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(log.contains("cleans up") && !log.contains("never"), "{log}");
}

/// Whether the machine these tests run on has a program.
fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_the_machine_does_not_have_ends_the_step_before_anything_is_touched() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            ("PreDeploy.sh", "echo first\n"),
            (
                "PostDeploy.ps1",
                "Write-Host \"post $($OctopusParameters['Host'])\"\n",
            ),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let mut project = installation
        .project("Shop", vec![deploying(json!({}))])
        .await;
    with_variables(&installation, &mut project).await;
    if has_program("pwsh") {
        let log = log_of(&installation, &project, "Success").await;
        assert!(log.contains("post db.example"), "{log}");
        return;
    }
    let log = log_of(&installation, &project, "Failed").await;
    let missing = "nothing was deployed: PostDeploy.ps1 needs PowerShell 7 (pwsh)";
    assert!(log.contains(missing), "{log}");
    assert!(!log.contains("first"), "{log}");
    assert!(versions(&installation).is_empty());
}

/// Names of the folders of all versions.
fn folders(installation: &Installation) -> Vec<String> {
    let folders = versions(installation);
    let names = folders.iter().filter_map(|path| path.file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_installed_already_is_left_alone_while_the_last_run_succeeded() {
    let installation = Installation::start().await;
    let fails = installation.folder.path().join("fails");
    let script = format!("echo deploying; [[ ! -e '{}' ]]\n", fails.display());
    let web = packed(&installation, "web", &[("Deploy.sh", &script)]);
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = deploying(json!({"Octopus.Action.Package.SkipIfAlreadyInstalled": "True"}));
    let after = step(
        "after",
        None,
        "echo \"lies in [$(basename '#{Octopus.Action[deploy].Output.Package.InstallationDirectoryPath}')]\"",
    );
    let mut project = installation.project("Shop", vec![deploy, after]).await;
    let log = log_of(&installation, &project, "Success").await;
    assert!(log.contains("deploying"), "{log}");
    let log = log_of(&installation, &project, "Success").await;
    assert!(
        log.contains("Acme.Web 1.0.0 is installed already in"),
        "{log}"
    );
    assert!(
        log.contains("lies in [1.0.0]") && !log.contains("deploying"),
        "{log}"
    );
    assert_eq!(folders(&installation), ["1.0.0"]);

    let forced = json!({"ForcePackageRedeployment": true});
    let task = installation.deploy(&project, forced).await;
    assert_eq!(installation.finished(&task).await["State"], "Success");
    assert_eq!(folders(&installation), ["1.0.0", "1.0.0_1"]);

    // A failed run leaves nobody knows what, so the next one is done whole, and the one after it not.
    let first = project.version.clone();
    push(&installation, "Acme.Web.2.0.0.tar.gz", &web, "FailIfExists").await;
    installation.release(&mut project).await;
    std::fs::write(&fails, "").unwrap();
    log_of(&installation, &project, "Failed").await;
    std::fs::remove_file(&fails).unwrap();
    project.version = first;
    log_of(&installation, &project, "Success").await;
    log_of(&installation, &project, "Success").await;
    assert_eq!(
        folders(&installation),
        ["1.0.0", "1.0.0_1", "1.0.0_2", "2.0.0"]
    );

    // What was taken away is not there, whatever was noted.
    let last = versions(&installation).remove(2);
    std::fs::remove_dir_all(last).unwrap();
    let log = log_of(&installation, &project, "Success").await;
    assert!(log.contains("deploying"), "{log}");
}
