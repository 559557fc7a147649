//! The places from which a secret can reach a run, with one in each; and the scripts that print them.

use serde_json::{Value, json};

use crate::installation::{Installation, Project, text};

const SPACE: &str = "/api/Spaces-1";

/// Every place that gets a secret of its own.
pub(super) const PLACES: [&str; 9] = [
    "variable", "library", "tenant", "default", "prompted", "output", "mask", "account", "property",
];
/// Stored beside them, and no secret.
pub(super) const NO_SECRET: &str = "anybody may know this";

/// Distinct per place, so that a find tells where it came from; with what encodings change.
pub(super) fn canary(place: &str) -> String {
    format!("kanari\"\\{place}/+0123 =&?")
}

/// A script that prints what a command answers: plain, to standard error, and as base64, URL and JSON text.
pub(super) fn printing(command: &str) -> String {
    const FORMS: &str = r#"
echo raw "$v"
echo error "$v" >&2
echo "64 $(printf %s "$v" | base64 -w0)"
url=; for ((i = 0; i < ${#v}; i++)); do
  c="${v:i:1}"; case "$c" in [a-zA-Z0-9]) url+="$c";; *) printf -v c '%%%02X' "'$c"; url+="$c";; esac
done; echo "url $url"
echo "{\"json\":\"$(printf %s "$v" | sed 's/[\\"]/\\&/g')\"}"
"#;
    format!("v=\"$({command})\"\n{FORMS}")
}

/// A project with secrets everywhere, and what was answered while it was made.
pub(super) struct Planted {
    project: Project,
    pub(super) answers: Vec<(String, String)>,
}

fn sensitive(value: &str) -> Value {
    json!({ "HasValue": true, "NewValue": value })
}

impl Planted {
    /// `raw` becomes the secret output when a script turns it round.
    pub(super) async fn plant(
        installation: &Installation,
        mut steps: Vec<Value>,
        raw: &str,
    ) -> Self {
        for step in &mut steps {
            step["Actions"][0]["Properties"]["Canary"] = sensitive(&canary("property"));
        }
        let project = installation.project("Secrets", steps).await;
        let mut planted = Self {
            project,
            answers: Vec::new(),
        };
        let account = json!({ "Name": "Canary", "AccountType": "UsernamePassword", "Username": "u", "Password": sensitive(&canary("account")) });
        let account = planted.post(installation, "accounts", account).await;
        let library = planted.library(installation).await;
        planted.tenants(installation, &library).await;
        planted.variables(installation, raw, &account).await;
        installation.release(&mut planted.project).await;
        planted
    }

    async fn post(&mut self, installation: &Installation, collection: &str, body: Value) -> Value {
        let answer = installation
            .post(&format!("{SPACE}/{collection}"), body)
            .await;
        self.answers
            .push((format!("the new {collection}"), answer.to_string()));
        answer
    }

    async fn put(&mut self, installation: &Installation, path: &str, body: Value) -> Value {
        let answer = installation.put(path, body).await;
        self.answers
            .push((format!("the save of {path}"), answer.to_string()));
        answer
    }

    /// A set of its own variables, whose id is answered.
    async fn library(&mut self, installation: &Installation) -> String {
        let set = json!({ "Name": "Library", "Description": NO_SECRET });
        let set = self.post(installation, "libraryvariablesets", set).await;
        let path = format!("{SPACE}/variables/{}", text(&set["VariableSetId"]));
        let mut variables = installation.get(&path).await;
        variables["Variables"] = json!([
            { "Name": "Shared", "Type": "Sensitive", "IsSensitive": true, "Value": canary("library") },
        ]);
        self.put(installation, &path, variables).await;
        text(&set["Id"])
    }

    /// The project is for tenants, with a value that one gives and one it falls back to.
    async fn tenants(&mut self, installation: &Installation, library: &str) {
        let own = format!("{SPACE}/projects/{}", self.project.id);
        let secret = json!({ "Octopus.ControlType": "Sensitive" });
        let mut project = installation.get(&own).await;
        project["TenantedDeploymentMode"] = json!("Tenanted");
        project["IncludedLibraryVariableSetIds"] = json!([library]);
        project["Templates"] = json!([
            { "Name": "Licence", "DisplaySettings": secret },
            { "Name": "Fallback", "DisplaySettings": secret, "DefaultValue": sensitive(&canary("default")) },
        ]);
        let project = self.put(installation, &own, project).await;
        let connected = json!({ &self.project.id: ["Environments-1"] });
        let tenant = json!({ "Name": "Acme", "ProjectEnvironments": connected });
        let tenant = self.post(installation, "tenants", tenant).await;
        let value = json!({
            "ProjectId": self.project.id, "TemplateId": project["Templates"][0]["Id"],
            "Value": sensitive(&canary("tenant")), "Scope": { "EnvironmentIds": ["Environments-1"] },
        });
        let path = format!("{SPACE}/tenants/{}/projectvariables", text(&tenant["Id"]));
        self.put(installation, &path, json!({ "Variables": [value] }))
            .await;
    }

    async fn variables(&mut self, installation: &Installation, raw: &str, account: &Value) {
        let path = format!("{SPACE}/variables/variableset-{}", self.project.id);
        let mut set = installation.get(&path).await;
        set["Variables"] = json!([
            { "Name": "Plain", "Type": "String", "Value": NO_SECRET },
            { "Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": canary("variable") },
            { "Name": "Raw", "Type": "Sensitive", "IsSensitive": true, "Value": raw },
            { "Name": "Asked", "Type": "Sensitive", "IsSensitive": true, "Value": null, "Prompt": { "Label": "Asked", "Required": true } },
            { "Name": "Account", "Type": "UsernamePasswordAccount", "Value": account["Id"] },
        ]);
        self.put(installation, &path, set).await;
    }

    /// For its tenant; answers the task.
    pub(super) async fn deploy(&self, installation: &Installation) -> String {
        let command = json!({
            "SpaceIdOrName": "Spaces-1", "ProjectName": self.project.id, "ReleaseVersion": self.project.version,
            "EnvironmentName": "Test", "Tenants": ["Acme"], "Variables": { "Asked": canary("prompted") },
        });
        let path = format!("{SPACE}/deployments/create/tenanted/v1");
        let made = installation.post(&path, command).await;
        text(&made["DeploymentServerTasks"][0]["ServerTaskId"])
    }
}
