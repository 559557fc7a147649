//! What events are asked for by without being recorded with them: several spaces at once, groups of projects, and the
//! tags of tenants.

use regatta_core::permission::Permission as P;
use regatta_store::{Conn, Query};

use crate::auth::caller::Sees;
use crate::call::Call;
use crate::error::ApiError;
use crate::resource::read::alternatives;
use crate::scope;

/// Spaces to look in (`None`: what concerns the whole installation), and what of them the caller may see.
pub(super) struct Places {
    pub spaces: Vec<Option<String>>,
    pub within: Option<Vec<Vec<Vec<String>>>>,
}

impl Places {
    /// Below a space are no events of another one; above all, those of `spaces`, and with `includeSystem` of none.
    pub(super) async fn asked(call: &Call, conn: &mut Conn) -> Result<Self, ApiError> {
        let own = call.space().map(|space| space.id.clone());
        let asked = call.query.list("spaces")?;
        let spaces = match (own, asked) {
            (own, None) => vec![own],
            (Some(own), Some(asked)) => {
                let is_asked = asked.contains(&own);
                is_asked.then_some(Some(own)).into_iter().collect()
            }
            (None, Some(asked)) => {
                let system = call.query.flag("includeSystem")?.unwrap_or(false);
                let system = system.then_some(None);
                asked.into_iter().map(Some).chain(system).collect()
            }
        };
        Self::seen(call, conn, spaces).await
    }

    /// What is seen of one space in part cannot be told together with others.
    async fn seen(
        call: &Call,
        conn: &mut Conn,
        spaces: Vec<Option<String>>,
    ) -> Result<Self, ApiError> {
        let sees = |space: &Option<String>| call.caller.sees(P::EventView, space.as_deref());
        if let [only] = spaces.as_slice() {
            let within = scope::within(conn, &sees(only), only.as_deref()).await?;
            return Ok(Self { spaces, within });
        }
        let mut whole = Vec::new();
        for space in spaces {
            match sees(&space) {
                Sees::Everything => whole.push(space),
                Sees::Only(parts) if parts.is_empty() => {}
                Sees::Only(_) => {
                    let space = space.unwrap_or_default();
                    return Err(ApiError::invalid_one(format!(
                        "spaces: you see a part of {space} only. Ask for it alone."
                    )));
                }
            }
        }
        Ok(Self {
            spaces: whole,
            within: None,
        })
    }
}

/// Ids that stand for these groups: their own, and of the projects that are in them now.
pub(super) async fn in_groups(
    conn: &mut Conn,
    groups: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let tags = groups.iter().map(|group| format!("group:{group}"));
    let members = Query {
        kind: "Projects".into(),
        tags: vec![tags.collect()],
        ..Query::default()
    };
    let members = conn.documents(&members).await?.items;
    let members = members.into_iter().map(|project| project.id);
    Ok(groups.into_iter().chain(members).collect())
}

/// Ids of the tenants that have these tags now: of each set that is named, one of its tags.
pub(super) async fn with_tags(conn: &mut Conn, tags: &[String]) -> Result<Vec<String>, ApiError> {
    let tenants = Query {
        kind: "Tenants".into(),
        tags: alternatives("tag", tags),
        ..Query::default()
    };
    let tenants = conn.documents(&tenants).await?.items;
    Ok(tenants.into_iter().map(|tenant| tenant.id).collect())
}
