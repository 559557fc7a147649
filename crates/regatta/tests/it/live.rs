//! What watching clients are told beside the events of a run: that lines arrived, and how far scripts say they are.

use std::time::Instant;

use serde_json::{Value, json};

use crate::installation::{ADMIN_KEY, Installation, step};

/// An open stream of server-sent events.
struct Messages {
    response: reqwest::Response,
    text: String,
}

struct Message {
    name: Option<String>,
    has_id: bool,
    data: Value,
}

impl Messages {
    async fn open(installation: &Installation, path: &str) -> Self {
        let response = reqwest::Client::new()
            .get(format!("{}/api/Spaces-1/{path}", installation.base))
            .header("X-Octopus-ApiKey", ADMIN_KEY)
            .header("Accept", "text/event-stream")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// `None` at the end of the stream.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if block.starts_with(':') {
                    continue;
                }
                let field = |key: &str| {
                    let found = block.lines().find_map(|line| line.strip_prefix(key));
                    found.map(|found| found.trim().to_owned())
                };
                return Some(Message {
                    name: field("event:"),
                    has_id: field("id:").is_some(),
                    data: serde_json::from_str(&field("data:").unwrap()).unwrap(),
                });
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message with this name that is as wanted.
    async fn until(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await.expect("the stream stays open");
            if message.name.as_deref() == Some(name) {
                assert!(!message.has_id, "{name} cannot be resumed from");
                if wanted(&message.data) {
                    return message.data;
                }
            }
        }
    }
}

fn of_slow(told: &Value) -> Option<&Value> {
    let mut streams = told["Streams"].as_array().unwrap().iter();
    streams.find(|stream| stream["StepSlug"] == "slow" && stream["Attempt"] == 1)
}

/// Lines, warnings and progress of a real script reach whoever watches, in both streams and not more than ten times
/// a second, and in the end they add up to what the log holds.
#[tokio::test(flavor = "multi_thread")]
async fn watching_clients_are_told_of_lines_and_progress() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let script = format!(
        "echo one
         write_warning two
         update_progress 42 'copying files'
         until test -e {}; do sleep 0.02; done
         for i in $(seq 60); do seq 50; update_progress $i busy; sleep 0.02; done",
        gate.display()
    );
    let project = installation
        .project("Live", vec![step("slow", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    for path in [
        format!("stream?tasks={task}"),
        format!("tasks/{task}/events"),
    ] {
        let mut messages = Messages::open(&installation, &path).await;
        let said = messages.until("progress", |_| true).await;
        assert_eq!(said["TaskId"], json!(task));
        let run = &said["ActionRuns"][0];
        assert_eq!(
            (&run["StepSlug"], &run["Attempt"], &run["Progress"]),
            (
                &json!("slow"),
                &json!(1),
                &json!({"Percentage": 42, "Message": "copying files"})
            ),
            "{path}"
        );
        // Whoever comes later is told how things stand.
        let mut late = Messages::open(&installation, &path).await;
        let warned =
            |told: &Value| of_slow(told).is_some_and(|stream| stream["Warnings"] == json!(1));
        let told = late.until("log", warned).await;
        assert_eq!(
            (&told["TaskId"], &told["IsComplete"]),
            (&json!(task), &json!(true))
        );
    }
    let mut messages = Messages::open(&installation, &format!("tasks/{task}/events")).await;
    std::fs::write(&gate, "").unwrap();
    let (began, mut told) = (Instant::now(), (0, 0));
    let mut last = Value::Null;
    while let Some(message) = messages.next().await {
        match message.name.as_deref() {
            Some("log") => {
                told.0 += 1;
                last = of_slow(&message.data).cloned().unwrap_or(last);
            }
            Some("progress") => told.1 += 1,
            _ => assert!(message.has_id, "an event has a number"),
        }
    }
    // One more for what there was before, and one for the end.
    let limit = began.elapsed().as_millis() / 100 + 2;
    assert!(told.0 > 2 && told.1 > 1, "{told:?}");
    assert!(told.0 <= limit && told.1 <= limit, "{told:?} {limit}");
    let summary = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/log/summary"))
        .await;
    assert_eq!(Some(&last), of_slow(&summary));
    assert_eq!(
        (&last["Lines"], &last["Warnings"]),
        (&json!(3_002), &json!(1))
    );
}
