//! `cargo xtask fuzz-api`: schemathesis reads the served OpenAPI document and sends what it allows, and what it does not.
//! No answer may be a server error, and none may have a status or a type the document does not state.
//!
//! Hooks (`api_fuzz/seed.py`) fill the server with documents and put their ids into most requests.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::demo::client::Client;
use crate::server_process::{Profile, ServerProcess, Start, build, random_text, repository};

/// The release of schemathesis (from PyPI) the command installs for itself.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Hooks for it: documents, and requests that name them.
const SEED: &str = include_str!("api_fuzz/seed.py");
/// What every answer is held against. Not the schema: keys that are null now and then are described as texts.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance";

#[derive(Args)]
pub(crate) struct FuzzApi {
    /// How long to go on.
    #[arg(long, default_value_t = 180)]
    seconds: u32,
    /// Send everything as a user who holds only this built-in role in the space, e.g. "Project Viewer", instead of as
    /// the administrator.
    #[arg(long)]
    role: Option<String>,
}

pub(crate) async fn run(fuzz: FuzzApi) -> Result<()> {
    let tool = install()?;
    let binary = build(Profile::Debug)?;
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().join("data");
    let (api_key, password) = (
        format!("API-{}", random_text(26)?),
        format!("Fuzz-{}", random_text(12)?),
    );
    let start = Start {
        binary: &binary,
        data_dir: &data_dir,
        listen: "127.0.0.1:0",
        api_key: &api_key,
        password: &password,
        extra: &[],
    };
    let server = ServerProcess::start(&start).await?;
    let caller = match &fuzz.role {
        Some(role) => holder(role, &server.address, &api_key, &password).await?,
        None => api_key.clone(),
    };
    let hooks = folder.path().join("seed.py");
    std::fs::write(&hooks, SEED)?;
    let status = tokio::process::Command::new(tool)
        .env("SCHEMATHESIS_HOOKS", &hooks)
        .env("REGATTA_FUZZ_ADDRESS", &server.address)
        .env("REGATTA_FUZZ_KEY", &api_key)
        .args(["run", &format!("{}/api/openapi.json", server.address)])
        .args(["--url", &server.address])
        .args(["--header", &format!("X-Octopus-ApiKey:{caller}")])
        .args(["--checks", CHECKS, "--continue-on-failure"])
        .args(["--max-time", &fuzz.seconds.to_string()])
        .current_dir(folder.path())
        .status()
        .await?;
    server.stop().await?;
    ensure!(
        status.success(),
        "schemathesis found answers that should not be; see above"
    );
    Ok(())
}

/// A user with this role in the default space; answers with a key of theirs.
async fn holder(role: &str, address: &str, admin_key: &str, password: &str) -> Result<String> {
    let client = Client::new(address.to_owned(), admin_key.to_owned());
    let roles = client.get("/api/userroles?take=1000").await?;
    let named = |known: &&Value| known["Name"].as_str() == Some(role);
    let roles = roles["Items"].as_array().context("no list of roles")?;
    let role = roles
        .iter()
        .find(named)
        .with_context(|| format!("there is no role {role:?}"))?;
    let user = json!({ "Username": "fuzz", "DisplayName": "Fuzz", "Password": password });
    let user = client.post("/api/users", &user).await?;
    let team = json!({ "Name": "Fuzz", "MemberUserIds": [user["Id"]] });
    let team = client.post("/api/teams", &team).await?;
    let held = json!({ "TeamId": team["Id"], "UserRoleId": role["Id"], "SpaceId": "Spaces-1" });
    client.post("/api/scopeduserroles", &held).await?;
    let id = user["Id"].as_str().context("a user has an id")?;
    let keys = format!("/api/users/{id}/apikeys");
    let key = client.post(&keys, &json!({ "Purpose": "fuzz" })).await?;
    let key = key["ApiKey"].as_str().context("a new key is told")?;
    Ok(key.to_owned())
}

/// Installs schemathesis into `target/schemathesis` once; answers with the path of its command.
fn install() -> Result<PathBuf> {
    let folder = repository().join("target").join("schemathesis");
    let tool = folder.join("bin").join("schemathesis");
    if tool.exists() {
        return Ok(tool);
    }
    println!("Installing {SCHEMATHESIS} into {} ...", folder.display());
    let venv = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .status()
        .context("cannot run python3")?;
    ensure!(
        venv.success(),
        "python3 -m venv failed: is the package python3-venv installed?"
    );
    let pip = Command::new(folder.join("bin").join("pip"))
        .args(["install", "--quiet", SCHEMATHESIS])
        .status()?;
    ensure!(pip.success(), "pip could not install {SCHEMATHESIS}");
    Ok(tool)
}
