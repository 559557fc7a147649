//! Scripts that are files of packages, and steps that deploy a package: on a real worker, with real archives.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::installation::{Installation, Project, step};
use crate::packages::{log_of, push, tar_gz};

/// A folder with these files, packed.
pub(crate) fn packed(installation: &Installation, name: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let folder = installation.folder.path().join(name);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    tar_gz(&folder)
}

fn package() -> Value {
    json!([{ "Name": "", "PackageId": "Acme.Web", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server" }])
}

fn packaged(name: &str, file: &str, parameters: &str) -> Value {
    let mut step = step(name, None, "");
    let properties = &mut step["Actions"][0]["Properties"];
    properties["Octopus.Action.Script.ScriptSource"] = json!("Package");
    properties["Octopus.Action.Script.ScriptFileName"] = json!(file);
    properties["Octopus.Action.Script.ScriptParameters"] = json!(parameters);
    step["Actions"][0]["Packages"] = package();
    step
}

pub(crate) fn deploying(properties: Value) -> Value {
    let mut step = step("deploy", None, "");
    step["Actions"][0]["ActionType"] = json!("Octopus.TentaclePackage");
    step["Actions"][0]["Packages"] = package();
    let own = step["Actions"][0]["Properties"].as_object_mut().unwrap();
    own.retain(|key, _| !key.contains(".Script."));
    own.extend(properties.as_object().unwrap().clone());
    step
}

pub(crate) async fn with_variables(installation: &Installation, project: &mut Project) {
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    set["Variables"] = json!([
        { "Name": "Host", "Value": "db.example" },
        { "Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": "hush-hush-package" },
    ]);
    installation.put(&path, set).await;
    installation.release(project).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_package_runs_where_it_lies_with_its_variables() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            (
                "bin/it's.sh",
                "echo \"for #{Host} [$1] [$2] with $(get_octopusvariable Secret)\"\necho \"beside: $(cat data.txt)\"\nsource bin/more.sh\n",
            ),
            ("bin/more.sh", "echo more of ${BASH_SOURCE[0]}\n"),
            ("data.txt", "whole"),
            (
                "tool.py",
                "import helper, sys\nprint('python', sys.argv[1:], helper.WORD, get_octopusvariable('Host'), '#{Host}')\n",
            ),
            ("helper.py", "WORD = 'helped'\n"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let steps = vec![
        packaged("bash", r"bin\it's.sh", "\"two words\" '#{Host}'"),
        packaged("python", "tool.py", "--all 'a b'"),
    ];
    let mut project = installation.project("Shop", steps).await;
    with_variables(&installation, &mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    for line in [
        "for db.example [two words] [db.example] with ********",
        "beside: whole",
        "more of bin/more.sh",
        "python ['--all', 'a b'] helped db.example db.example",
    ] {
        assert!(log.contains(line), "'{line}' is not in\n{log}");
    }
    let missing = vec![packaged("gone", "bin/none.sh", "")];
    let project = installation.project("Gone", missing).await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(log.contains("has no file 'bin/none.sh'"), "{log}");
}

/// The folders of the versions of a package, sorted.
pub(crate) fn versions(installation: &Installation) -> Vec<PathBuf> {
    fn named(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                if path.ends_with(name) {
                    found.push(path.clone());
                }
                named(&path, name, found);
            }
        }
    }
    let mut folders = Vec::new();
    named(&installation.data_dir(), "Acme.Web", &mut folders);
    let below = |folder: &PathBuf| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let mut all: Vec<PathBuf> = folders
        .iter()
        .filter(|folder| {
            folder
                .components()
                .any(|part| part.as_os_str() == "applications")
        })
        .flat_map(below)
        .collect();
    all.sort();
    all
}

#[allow(
    clippy::too_many_lines,
    reason = "one installation, and one thing after the other"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_deployed_to_a_folder_of_its_own_and_runs_its_scripts() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            (
                "PreDeploy.sh",
                "echo \"pre in $(basename \"$PWD\")\"; cp config/app.json seen-before.json\n",
            ),
            (
                "Deploy.sh",
                "echo \"deploys $(cat config/app.json)\"; get_octopusvariable Octopus.Action.Package.InstallationDirectoryPath\n",
            ),
            ("PostDeploy.sh", "echo post; set_octopusvariable Done yes\n"),
            (
                "config/app.json",
                "{\"host\": \"#{Host}\", \"secret\": \"#{Secret}\", \"later\": \"#{Nobody}\"}",
            ),
            ("config/run.sh", "#!/bin/sh\n"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let custom = installation.folder.path().join("www/shop");
    std::fs::create_dir_all(&custom).unwrap();
    std::fs::write(custom.join("old.txt"), "old").unwrap();
    let deploy = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.CustomDirectory, Octopus.Features.SubstituteInFiles",
        "Octopus.Action.SubstituteInFiles.TargetFiles": "config/*.json\nconfig/*.xml",
        "Octopus.Action.CustomScripts.PreDeploy.sh": "echo \"own script for #{Host}\"",
        "Octopus.Action.Package.CustomInstallationDirectory": custom.to_str().unwrap(),
        "Octopus.Action.Package.CustomInstallationDirectoryShouldBePurgedBeforeDeployment": "True",
    }));
    let after = step(
        "after",
        None,
        "echo \"lies in [#{Octopus.Action[deploy].Output.Package.InstallationDirectoryPath}] [#{Octopus.Action[deploy].Output.Done}]\"",
    );
    let mut project = installation.project("Shop", vec![deploy, after]).await;
    with_variables(&installation, &mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    let custom_text = custom.to_str().unwrap();
    let in_order = [
        "own script for db.example",
        "pre in 1.0.0",
        "deploys {\"host\": \"db.example\", \"secret\": \"********\", \"later\": \"#{Nobody}\"}",
        custom_text,
        "post",
        &format!("lies in [{custom_text}] [yes]"),
    ];
    let mut rest = log.as_str();
    for line in in_order {
        let at = rest.find(line);
        let at = at.unwrap_or_else(|| panic!("'{line}' is not, or not in order, in\n{log}"));
        rest = &rest[at + line.len()..];
    }
    assert!(log.contains("matches config/*.xml"), "{log}");
    assert!(!custom.join("old.txt").exists(), "it was to be emptied");
    let deployed = std::fs::read_to_string(custom.join("config/app.json")).unwrap();
    assert!(deployed.contains("hush-hush-package"), "{deployed}");
    let before = std::fs::read_to_string(custom.join("seen-before.json")).unwrap();
    assert!(
        before.contains("#{Host}"),
        "PreDeploy runs before: {before}"
    );
    // Deployed again, it gets another folder; the first stays as it is.
    log_of(&installation, &project, "Success").await;
    let names: Vec<_> = versions(&installation)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["1.0.0", "1.0.0_1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_of_a_package_that_fails_fails_the_step_and_the_next_are_not_run() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            ("Deploy.sh", "echo about to fail; exit 7\n"),
            ("PostDeploy.sh", "echo never\n"),
            (
                "DeployFailed.sh",
                "echo \"cleaning $(basename \"$PWD\")\"\n",
            ),
        ],
    );
    push(&installation, "Acme.Web.2.0.0.tar.gz", &web, "FailIfExists").await;
    let project = installation
        .project("Shop", vec![deploying(json!({}))])
        .await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(log.contains("cleaning 2.0.0"), "{log}");
    assert!(!log.contains("never"), "{log}");
    // A path that leads nowhere sensible empties nothing.
    let wrong = deploying(json!({
        "Octopus.Action.Package.CustomInstallationDirectory": "/",
        "Octopus.Action.Package.CustomInstallationDirectoryShouldBePurgedBeforeDeployment": "True",
    }));
    let fine = packed(&installation, "fine", &[("a.txt", "a")]);
    push(
        &installation,
        "Acme.Web.3.0.0.tar.gz",
        &fine,
        "FailIfExists",
    )
    .await;
    let project = installation.project("Wrong", vec![wrong]).await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(log.contains("must be a whole path below /"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_put_into_configuration_files_by_the_place_they_name() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            (
                "config/app.json",
                "{\n  // of the database\n  \"Database\": {\"Host\": \"localhost\", \"Port\": 1, \"Password\": \"\"},\n  \"Name\": \"#{Host}\"\n}\n",
            ),
            ("config/other.json", "{\"Untouched\": 1}"),
            ("Deploy.sh", "cat config/app.json\n"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.JsonConfigurationVariables,Octopus.Features.SubstituteInFiles",
        "Octopus.Action.Package.JsonConfigurationVariablesTargets": "config/*.json",
        "Octopus.Action.SubstituteInFiles.TargetFiles": "config/app.json",
    }));
    let mut project = installation.project("Shop", vec![deploy]).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    set["Variables"] = json!([
        { "Name": "Host", "Value": "db.example" },
        { "Name": "database:host", "Value": "#{Host}" },
        { "Name": "Database:Port", "Value": "5432" },
        { "Name": "Database:Password", "Type": "Sensitive", "IsSensitive": true, "Value": "hush-hush-package" },
        { "Name": "Database", "Value": "no object" },
    ]);
    installation.put(&path, set).await;
    installation.release(&mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    for line in [
        "\"Database\": {\"Host\": \"db.example\", \"Port\": 5432, \"Password\": \"********\"},",
        "// of the database",
        "\"Name\": \"db.example\"",
        "Put into config/app.json: database:host, Database:Port, Database:Password.",
        "Not put into config/app.json, because what stands there cannot hold the value: Database.",
        "No variable names a place in config/other.json.",
    ] {
        assert!(log.contains(line), "'{line}' is not in\n{log}");
    }
    let deployed = versions(&installation).remove(0).join("config/app.json");
    let deployed = std::fs::read_to_string(deployed).unwrap();
    assert!(deployed.contains("hush-hush-package"), "{deployed}");

    let broken = packed(
        &installation,
        "broken",
        &[("config/app.json", "{\n\"a\" 1}")],
    );
    push(
        &installation,
        "Acme.Web.2.0.0.tar.gz",
        &broken,
        "FailIfExists",
    )
    .await;
    installation.release(&mut project).await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(
        log.contains(
            "values cannot be put into 'config/app.json': line 2 is no JSON: a colon is missing"
        ),
        "{log}"
    );
}

/// Bytes of a text in UTF-16, as Windows writes them.
fn utf_16(text: &str) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_put_into_yaml_xml_and_properties_in_the_encoding_of_the_file() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().join("web");
    std::fs::create_dir_all(folder.join("conf")).unwrap();
    let xml = "<?xml version=\"1.0\"?>\r\n<app  name='é'><!-- kept --><host>old</host></app>\r\n";
    for (path, bytes) in [
        (
            "conf/app.yaml",
            b"# kept\ndb:\n  host: old # here\n  ports: [1, 2]\n".to_vec(),
        ),
        ("conf/app.xml", utf_16(xml)),
        (
            "conf/app.properties",
            b"# \xe9t\xe9\r\ndb.host = old\r\n".to_vec(),
        ),
        ("conf/other.dat", b"db: {host: old}\n".to_vec()),
        ("Deploy.sh", b"echo deployed\n".to_vec()),
    ] {
        std::fs::write(folder.join(path), bytes).unwrap();
    }
    let web = tar_gz(&folder);
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.JsonConfigurationVariables",
        "Octopus.Action.Package.JsonConfigurationVariablesTargets": "conf/*",
    }));
    let mut project = installation.project("Shop", vec![deploy]).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    set["Variables"] = json!([
        { "Name": "db:host", "Type": "Sensitive", "IsSensitive": true, "Value": "hush-hush: package" },
        { "Name": "db:ports:1", "Value": "5432" },
        { "Name": "db:ports:9", "Value": "never added" },
        { "Name": "/app/host", "Value": "db <é>" },
        { "Name": "db.host", "Value": "日" },
    ]);
    installation.put(&path, set).await;
    installation.release(&mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    assert!(
        log.contains("Put into conf/app.yaml: db:host, db:ports:1."),
        "{log}"
    );
    assert!(!log.contains("hush"), "{log}");
    let deployed = versions(&installation).remove(0).join("conf");
    let read = |name: &str| std::fs::read(deployed.join(name)).unwrap();
    assert_eq!(
        String::from_utf8(read("app.yaml")).unwrap(),
        "# kept\ndb:\n  host: 'hush-hush: package' # here\n  ports: [1, 5432]\n"
    );
    assert_eq!(read("app.xml"), utf_16(&xml.replace("old", "db &lt;é&gt;")));
    assert_eq!(
        read("app.properties"),
        b"# \xe9t\xe9\r\ndb.host = \\u65E5\r\n"
    );
    assert_eq!(
        String::from_utf8(read("other.dat")).unwrap(),
        "db: {host: 'hush-hush: package'}\n"
    );
}

const WEB_CONFIG: &str = "<configuration>
  <appSettings>
    <add key=\"Host\" value=\"local\" />
    <add key=\"Mode\" value=\"debug\" />
  </appSettings>
  <compilation debug=\"true\" />
</configuration>
";

fn xdt(body: &str) -> String {
    format!(
        "<configuration xmlns:xdt=\"http://schemas.microsoft.com/XML-Document-Transform\">{body}</configuration>"
    )
}

/// What an imported step asks for that was made with the settings Octopus starts with.
fn dot_net(more: Value) -> Value {
    let mut properties = json!({
        "Octopus.Action.EnabledFeatures": ",Octopus.Features.ConfigurationTransforms,Octopus.Features.ConfigurationVariables",
        "Octopus.Action.Package.AutomaticallyRunConfigurationTransformationFiles": "True",
        "Octopus.Action.Package.AutomaticallyUpdateAppSettingsAndConnectionStrings": "True",
    });
    let own = properties.as_object_mut().unwrap();
    own.extend(more.as_object().unwrap().clone());
    deploying(properties)
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_files_are_transformed_and_get_their_settings() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            ("Web.config", WEB_CONFIG),
            (
                "Web.Release.config",
                &xdt("<compilation xdt:Transform=\"RemoveAttributes(debug)\"/>"),
            ),
            (
                "Web.Test.config",
                &xdt(
                    "<appSettings><add key=\"Mode\" value=\"#{Host}\" xdt:Locator=\"Match(key)\" xdt:Transform=\"SetAttributes\"/></appSettings>",
                ),
            ),
            (
                "Web.Production.config",
                &xdt("<compilation xdt:Transform=\"Remove\"/>"),
            ),
            (
                "conf/extra.xml",
                &xdt(
                    "<appSettings xdt:Transform=\"InsertBefore(/configuration/compilation)\"><add key='more'/></appSettings>",
                ),
            ),
            ("Plain.config", "<configuration/>\n"),
            ("Deploy.sh", "cat Web.config\n"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = dot_net(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.ConfigurationTransforms,Octopus.Features.ConfigurationVariables,Octopus.Features.SubstituteInFiles",
        "Octopus.Action.SubstituteInFiles.TargetFiles": "Web.#{Octopus.Environment.Name}.config",
        "Octopus.Action.Package.AdditionalXmlConfigurationTransforms": "conf/extra.xml => Web.config\nnobody.config => Web.config",
    }));
    let mut project = installation.project("Shop", vec![deploy]).await;
    with_variables(&installation, &mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    for line in [
        "Transformed Web.config by conf/extra.xml, Web.Release.config, Web.Test.config.",
        "Put into Web.config: Host.",
        "matches nobody.config => Web.config.",
    ] {
        assert!(log.contains(line), "'{line}' is not in\n{log}");
    }
    let folder = versions(&installation).remove(0);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(
        read("Web.config"),
        WEB_CONFIG
            .replace("local", "db.example")
            .replace("\"debug\"", "\"db.example\"")
            .replace(" debug=\"true\"", "")
            .replace(
                "  <compilation",
                "  <appSettings><add key='more'/></appSettings>\n  <compilation"
            )
    );
    assert_eq!(read("Plain.config"), "<configuration/>\n");
    assert!(read("Web.Test.config").contains("value=\"db.example\""));
    assert!(read("Web.Production.config").contains("Remove"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transform_that_does_not_fit_ends_the_step_unless_its_errors_are_ignored() {
    let installation = Installation::start().await;
    let web = packed(
        &installation,
        "web",
        &[
            ("Web.config", WEB_CONFIG),
            (
                "Web.Release.config",
                &xdt("\n<nobody xdt:Transform=\"Remove\"/>"),
            ),
            ("Broken.config", "<configuration>"),
            ("Deploy.sh", "echo deployed\n"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let project = installation.project("Shop", vec![dot_net(json!({}))]).await;
    let log = log_of(&installation, &project, "Failed").await;
    let idle = "'Web.Release.config' cannot transform 'Web.config': line 2: at <nobody>, no element of the file is meant by this";
    assert!(log.contains(idle), "{log}");
    assert!(versions(&installation).is_empty());
    let lax = dot_net(json!({
        "Octopus.Action.Package.TreatConfigTransformationWarningsAsErrors": "False",
    }));
    let project = installation.project("Lax", vec![lax]).await;
    let log = log_of(&installation, &project, "Failed").await;
    let broken =
        "values cannot be put into 'Broken.config': line 1 is no XML: an element does not end";
    assert!(log.contains(broken), "{log}");
    let ignoring = dot_net(json!({
        "Octopus.Action.Package.IgnoreConfigTransformationErrors": "True",
        "Octopus.Action.Package.IgnoreVariableReplacementErrors": "True",
    }));
    let project = installation.project("Ignoring", vec![ignoring]).await;
    let log = log_of(&installation, &project, "Success").await;
    assert!(log.contains("Broken.config is left alone"), "{log}");
    assert!(log.contains("deployed\n"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replaced_through_a_link_that_a_script_has_made() {
    let installation = Installation::start().await;
    let outside = installation.folder.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("app.json"), "not yours").unwrap();
    let outside_text = outside.display();
    let pre = format!(
        "rm app.json && ln -s '{outside_text}/app.json' app.json\n[[ -e '{outside_text}/gentle' ]] || {{ rm -r conf && ln -s '{outside_text}' conf; }}\n"
    );
    let web = packed(
        &installation,
        "web",
        &[
            ("PreDeploy.sh", &pre),
            ("app.json", "#{Host}"),
            ("conf/app.json", "#{Host}"),
        ],
    );
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.SubstituteInFiles",
        "Octopus.Action.SubstituteInFiles.TargetFiles": "**/*.json",
    }));
    let mut project = installation.project("Shop", vec![deploy]).await;
    with_variables(&installation, &mut project).await;
    let log = log_of(&installation, &project, "Failed").await;
    let leads_out = "./conf/app.json lies in a folder that leads out of the package";
    assert!(log.contains(leads_out), "{log}");
    let untouched = || std::fs::read_to_string(outside.join("app.json")).unwrap();
    assert_eq!(untouched(), "not yours");
    std::fs::write(outside.join("gentle"), "").unwrap();
    let log = log_of(&installation, &project, "Success").await;
    assert!(
        log.contains("./app.json was made a link and is left alone."),
        "{log}"
    );
    assert_eq!(untouched(), "not yours");
    let replaced = versions(&installation).remove(1).join("conf/app.json");
    assert_eq!(std::fs::read_to_string(replaced).unwrap(), "db.example");
}

/// What is not done must not look as if it were.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_asks_for_more_than_happens_fails_before_anything_is_deployed() {
    let installation = Installation::start().await;
    let web = packed(&installation, "web", &[("Deploy.sh", "echo deployed\n")]);
    push(&installation, "Acme.Web.1.0.0.tar.gz", &web, "FailIfExists").await;
    let deploy = deploying(json!({
        "Octopus.Action.EnabledFeatures": "Octopus.Features.IISWebSite",
        "Octopus.Action.CustomScripts.Deploy.csx": "WriteLine(1);",
    }));
    let project = installation.project("Shop", vec![deploy]).await;
    let log = log_of(&installation, &project, "Failed").await;
    for what in [
        "the feature Octopus.Features.IISWebSite",
        "running scripts of the step that are not Bash, Python or PowerShell (Octopus.Action.CustomScripts.Deploy.csx)",
    ] {
        assert!(log.contains(what), "{log}");
    }
    assert!(!log.contains("deployed\n"), "{log}");
    assert!(versions(&installation).is_empty());
}
