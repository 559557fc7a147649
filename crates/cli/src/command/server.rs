//! `server status`.

use clap::Args;
use serde_json::json;

use super::Ended;
use crate::exit::Exit;
use crate::find::text;
use crate::session::Session;

/// How the server is. Needs no key.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta server status\n  regatta server status --server https://deploy.example.org -o json"
)]
pub struct ServerStatus {}

impl ServerStatus {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.connect()?;
        let health = api.get("/health").await?;
        let root = api.get("/api").await?;
        let status = json!({
            "Server": api.base, "Status": health["Status"], "Product": root["Product"], "ProductVersion": root["ProductVersion"],
            "ApiVersion": root["Version"], "NeedsSetup": root["NeedsSetup"],
        });
        let setup = root["NeedsSetup"] == true;
        let fields = [
            ("Server", api.base.clone()),
            ("Status", text(&health, "Status")),
            (
                "Version",
                format!(
                    "{} {}",
                    text(&root, "Product"),
                    text(&root, "ProductVersion")
                ),
            ),
            ("API", format!("Octopus Deploy {}", text(&root, "Version"))),
            (
                "Set up",
                if setup {
                    "no: open the address in a browser"
                } else {
                    "yes"
                }
                .to_owned(),
            ),
        ];
        session.out.one(&fields, &status)?;
        Ok(Exit::Done)
    }
}
