//! Documents that an earlier version stored without the tags they are found by now.
//!
//! Lists are narrowed by tags that are written with a document. When a resource states others, [`GENERATION`] goes up, and
//! the first start of that version writes them to what is stored. Not here: which tags, which each resource says.

use regatta_store::{Query, StoreError};

use crate::app::App;
use crate::http::machine::MACHINE;
use crate::resource::{Resource, read};

/// Goes up whenever a resource states other tags, which is then one of [`CHANGED`].
const GENERATION: &str = "1";
const SETTING: &str = "tag-generation";
/// Those whose tags have changed since the first version.
const CHANGED: &[&Resource] = &[&MACHINE];

/// Before anything is served.
///
/// # Errors
/// When the database fails.
pub(crate) async fn renew(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store.begin().await?;
    if tx.setting(SETTING).await?.as_deref() == Some(GENERATION) {
        return Ok(());
    }
    for resource in CHANGED {
        let all = Query {
            kind: resource.kind.into(),
            ..Query::default()
        };
        for document in tx.documents(&all).await?.items {
            let tags = (resource.hooks.tags)(&read::body(&document));
            if tags != document.tags {
                tx.document_retag(&document.id, &tags).await?;
            }
        }
    }
    tx.set_setting(SETTING, GENERATION).await?;
    tx.commit().await
}
