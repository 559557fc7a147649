//! Values people wrote that cannot be worked out: who fails because of them, and who does not.

use serde_json::{Value, json};

use crate::installation::{Installation, Project, step, text};

async fn with_variables(
    installation: &Installation,
    steps: Vec<Value>,
    values: &[(String, String)],
) -> Project {
    let mut project = installation.project("Values", steps).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    let variable =
        |(name, value): &(String, String)| json!({"Name": name, "Value": value, "Type": "String"});
    set["Variables"] = values.iter().map(variable).collect();
    installation.put(&path, set).await;
    installation.release(&mut project).await;
    project
}

/// Each value ten times the one before, and many that use the last: four steps at once get all of them.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_multiply_each_other_fail_their_steps_while_the_server_answers() {
    let installation = Installation::start().await;
    let mut values = vec![("L0".to_owned(), "x".repeat(10))];
    values.extend((1..7).map(|level| {
        (
            format!("L{level}"),
            format!("#{{L{}}}", level - 1).repeat(10),
        )
    }));
    values.extend((0..150).map(|user| (format!("M{user}"), "#{L6}".to_owned())));
    let steps = ["a", "b", "c", "d"].map(|name| step(name, Some(&[]), "echo never"));
    let project = with_variables(&installation, steps.into(), &values).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = async {
        let path = format!("/api/tasks/{task}");
        installation
            .until(
                "the task ends, and every look is answered at once",
                async || {
                    let began = std::time::Instant::now();
                    installation.get("/health").await;
                    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
                    let task = installation.get(&path).await;
                    (task["IsCompleted"] == true).then_some(task)
                },
            )
            .await
    };
    let over = over.await;
    assert_eq!(over["State"], "Failed", "{over}");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    let told = raw.matches("grow beyond 16 MiB together or are too expensive to evaluate, at `L6`");
    assert!(told.count() >= 4, "{raw}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_uses_itself_fails_only_the_step_that_uses_it() {
    let installation = Installation::start().await;
    let steps = vec![
        step(
            "without",
            Some(&[]),
            "echo \"got [$(get_octopusvariable Fine)]\"",
        ),
        step("within", Some(&[]), "echo '#{Loop}'"),
    ];
    let values = [("Loop", "#{Back}"), ("Back", "#{Loop}"), ("Fine", "fine")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let project = with_variables(&installation, steps, &values).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    let log = async |step: &str| {
        let path = format!("/api/Spaces-1/tasks/{task}/log?step={step}");
        let lines = installation.get(&path).await["Lines"].clone();
        let lines = lines.as_array().unwrap().iter();
        let line =
            |line: &Value| format!("{} {}", text(&line["Category"]), text(&line["MessageText"]));
        lines.map(line).collect::<Vec<_>>().join("\n")
    };
    let without = log("without").await;
    assert!(without.contains("got [fine]"), "{over}\n{without}");
    let warned = without.lines().filter(|line| line.contains("does not get"));
    let warned: Vec<_> = warned.collect();
    assert_eq!(warned.len(), 1, "{without}");
    assert!(
        warned[0].starts_with("Warning") && warned[0].contains("`Loop` uses itself"),
        "{without}"
    );
    let within = log("within").await;
    assert_eq!(over["State"], "Failed");
    assert!(
        within.contains("`Loop` uses itself: Loop → Back → Loop"),
        "{within}"
    );
    assert!(!within.contains("does not get"), "{within}");
}
