//! The log of a deployment, as a file.

use serde_json::{Value, json};

use crate::installation::{Installation, step};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_had_as_json_lines_whole_or_what_fits() {
    let installation = Installation::start().await;
    let steps = vec![
        step("many", Some(&[]), "seq 2500"),
        step("other", Some(&[]), "echo other"),
    ];
    let project = installation.project("Lines", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let lines = async |query: &str| -> Vec<Value> {
        let path = format!("/api/tasks/{task}/raw?format=jsonl{query}");
        let text = installation.text(&path).await;
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    };
    // The last lines may come after the end of the task.
    let is_last = |line: &Value| line["MessageText"] == "2500";
    let whole = async || lines("").await.iter().any(is_last).then_some(());
    installation.until("the last line", whole).await;
    let all = lines("").await;
    let numbers: Vec<u64> = all
        .iter()
        .map(|line| line["Number"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (1..).take(all.len()).collect();
    assert_eq!(numbers, expected, "each line once, in order");
    let many = lines("&step=many").await;
    assert!(many.iter().all(|line| line["StepSlug"] == "many"));
    let said = many.iter().filter(|line| line["MessageText"] == "2500");
    assert_eq!(said.count(), 1);
    assert!(many.len() >= 2500 && all.len() > many.len());
    let wrong = installation
        .text(&format!("/api/tasks/{task}/raw?format=xml"))
        .await;
    assert!(wrong.contains("neither txt nor jsonl"), "{wrong}");
}
