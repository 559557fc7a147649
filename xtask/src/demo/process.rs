//! Turns a sample into the deployment process document the API takes.

use serde_json::{Map, Value, json};

use super::sample::{Sample, SampleStep, Starts, Work};

/// The `Steps` of the deployment process document.
pub(crate) fn steps(sample: &Sample) -> Value {
    sample.steps.iter().map(step).collect()
}

fn step(step: &SampleStep) -> Value {
    let mut properties = Map::new();
    if let Some(tag) = step.on {
        properties.insert("Octopus.Action.TargetRoles".into(), json!(tag));
    }
    let trigger = match step.starts {
        Starts::AfterPrevious => "StartAfterPrevious",
        Starts::After(slugs) => {
            properties.insert(
                "Regatta.Step.DependsOn".into(),
                json!(json!(slugs).to_string()),
            );
            "StartWithPrevious"
        }
    };
    json!({
        "Name": step.name,
        "StartTrigger": trigger,
        "Condition": "Success",
        "PackageRequirement": "LetOctopusDecide",
        "Properties": properties,
        "Actions": [action(step)],
    })
}

fn action(step: &SampleStep) -> Value {
    let mut properties = Map::new();
    let mut set = |name: &str, value: String| {
        properties.insert(format!("Octopus.Action.{name}"), value.into())
    };
    let action_type = match script(&step.work) {
        Some(body) => {
            set("RunOnServer", "true".into());
            set("Script.ScriptSource", "Inline".into());
            set("Script.Syntax", "Bash".into());
            set("Script.ScriptBody", body);
            "Octopus.Script"
        }
        None => {
            set(
                "Manual.Instructions",
                "The migration adds two columns. Proceed if the change was announced.".into(),
            );
            "Octopus.Manual"
        }
    };
    if matches!(step.work, Work::FailsOnce(_)) {
        set("AutoRetry.MaximumCount", "2".into());
        set("AutoRetry.MinimumBackoff", "0".into());
    }
    json!({ "Name": step.name, "ActionType": action_type, "Properties": properties })
}

/// The bash script of a step; `None` for a step that waits for a person.
fn script(work: &Work) -> Option<String> {
    let busy = |ms: u32| format!("sleep {}.{:03}", ms / 1000, ms % 1000);
    Some(match work {
        Work::Busy(ms) => format!(
            "echo \"working on ${{RANDOM}} things\"\n{}\necho done",
            busy(*ms)
        ),
        Work::SetsSchemaVersion(ms) => {
            format!("{}\nset_octopusvariable SchemaVersion 42", busy(*ms))
        }
        Work::ReadsSchemaVersion(ms) => format!(
            "version=$(get_octopusvariable 'Octopus.Action[Migrate database].Output.SchemaVersion')\n\
             [ \"$version\" = 42 ] || fail_step \"expected schema version 42, got '$version'\"\n{}\n\
             echo \"schema version $version\"",
            busy(*ms)
        ),
        Work::FailsOnce(ms) => format!(
            "marker=\"${{TMPDIR:-/tmp}}/regatta-demo-$(get_octopusvariable Octopus.Task.Id)-$(get_octopusvariable Octopus.Deployment.Created | tr -dc 0-9)\"\n{}\n\
             if [ ! -e \"$marker\" ]; then : > \"$marker\"; fail_step 'the CDN answered 503'; fi\nrm -f \"$marker\"",
            busy(*ms)
        ),
        Work::Approval => return None,
    })
}
