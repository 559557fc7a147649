//! `variable preview`: what every name would be at a place, and why. Worked out by the server.

use clap::Args;
use serde_json::Value;

use crate::api::{Api, part};
use crate::failure::{Failure, Result};
use crate::find::{self, text};
use crate::output::{Column, cell_text};
use crate::session::Session;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta variable preview -p web-shop --as env=Test,target=web-01\n  regatta variable preview -p web-shop --as env=Production,step=deploy-web -o wide"
)]
pub struct Preview {
    /// Where: env, target, role, step, channel and tenant, each with a name.
    #[arg(long = "as", value_name = "KIND=NAME,…", value_delimiter = ',')]
    place: Vec<String>,
}

impl Preview {
    pub(super) async fn run(self, session: &Session, api: &Api, project: &Value) -> Result<()> {
        let mut path = format!("variables/preview?project={}", part(&text(project, "Id")));
        for one in &self.place {
            let (key, id) = place(api, one).await?;
            path.push_str(&format!("&{key}={}", part(&id)));
        }
        let preview = api.get(&api.in_space(&path)).await?;
        if !session.out.is_for_people() {
            return session.out.one(&[], &preview);
        }
        let names = preview["Names"].as_array().cloned().unwrap_or_default();
        session.out.list(&columns(), &names)
    }
}

/// The parameter of the API and its value, of `KIND=NAME`.
async fn place(api: &Api, wanted: &str) -> Result<(&'static str, String)> {
    let wrong = || {
        let what = format!("`{wanted}` is no place.");
        Failure::usage(what).next(
            "write --as env=Test,target=web-01; there are role, step, channel and tenant, too",
        )
    };
    let (kind, name) = wanted.split_once('=').ok_or_else(wrong)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(wrong());
    }
    Ok(match kind.trim() {
        "env" | "environment" => (
            "environment",
            text(&find::environment(api, name).await?, "Id"),
        ),
        "target" => {
            let machines = api.all(&api.in_space("machines")).await?;
            let found = find::among(api.naming, "deployment target", name, &machines)?;
            ("machine", text(&found, "Id"))
        }
        "tenant" => {
            let tenants = api.all(&api.in_space("tenants")).await?;
            let found = find::among(api.naming, "tenant", name, &tenants)?;
            ("tenant", text(&found, "Id"))
        }
        "role" => ("role", name.to_owned()),
        "step" => ("action", name.to_owned()),
        "channel" => ("channel", name.to_owned()),
        _ => return Err(wrong()),
    })
}

fn columns() -> Vec<Column> {
    let winner = |item: &Value| item["Values"][0].clone();
    vec![
        Column::key("NAME", "Name"),
        Column::new("VALUE", value),
        Column::new("WHY", move |item| text(&winner(item), "Because")),
        Column::new("OF", move |item| text(&winner(item)["Owner"], "Name")).wide(),
        Column::new("NOT HERE", |item| cell_text(&item["Unresolved"])).wide(),
    ]
}

fn value(item: &Value) -> String {
    if item["IsSensitive"] == true {
        return "********".to_owned();
    }
    match &item["Error"] {
        Value::String(error) => error.clone(),
        _ => cell_text(&item["Evaluated"]),
    }
}
