//! `cargo xtask seed`: the sample project of the story on a server that runs, for developing the portal and for its tests.

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use crate::demo::client::Client;
use crate::demo::sample::{Sample, WEB_SHOP, WEB_SHOP_COMPLETE};
use crate::demo::{SPACE, create_project, prepare_targets};

#[derive(Args)]
pub(crate) struct Seed {
    /// Address of the server.
    #[arg(long, default_value = "http://127.0.0.1:8065")]
    server: String,
    #[arg(long, env = "REGATTA_API_KEY", default_value = "API-DEVELOPMENT")]
    api_key: String,
    /// The larger sample too: 21 steps with an approval and a retry.
    #[arg(long)]
    complete: bool,
}

pub(crate) async fn run(seed: Seed) -> Result<()> {
    let client = Client::new(seed.server, seed.api_key);
    if !has(&client, "environments", "Test").await? {
        prepare_targets(&client).await?;
        for name in ["Staging", "Production"] {
            client
                .post(&format!("{SPACE}/environments"), &json!({ "Name": name }))
                .await?;
        }
    }
    let samples: &[&Sample] = if seed.complete {
        &[&WEB_SHOP, &WEB_SHOP_COMPLETE]
    } else {
        &[&WEB_SHOP]
    };
    for sample in samples {
        if has(&client, "projects", sample.name).await? {
            println!("{} is there already.", sample.name);
            continue;
        }
        let id = create_project(&client, sample).await?;
        println!("{}: {} steps, {id}", sample.name, sample.steps.len());
    }
    Ok(())
}

async fn has(client: &Client, kind: &str, name: &str) -> Result<bool> {
    let all = client.get(&format!("{SPACE}/{kind}/all")).await?;
    let all = all.as_array().context("all of a kind are a list")?;
    Ok(all.iter().any(|known| known["Name"] == name))
}
