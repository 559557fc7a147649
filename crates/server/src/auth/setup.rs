//! What every installation starts with, and its first administrator.
//!
//! The administrator comes from the environment of the first start, or from whoever can read the one-time token in
//! the data directory. Both work only while there is no user, which is checked in the transaction that creates one.

use std::io::Write as _;
use std::path::PathBuf;

use regatta_core::permission::builtin;
use regatta_store::{ApiKey, Document, Query, Tx};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::caller::Caller;
use super::{api_key, directory, password, session};
use crate::app::App;
use crate::audit::{self, Author, Record};
use crate::config::FirstAdmin;
use crate::error::ApiError;
use crate::http::{space, team, user, user_role};
use crate::query;
use crate::resource::{Body, Change, Resource, write};

const TOKEN_FILE: &str = "setup-token";

/// How the first administrator gets in.
pub enum FirstSteps {
    /// There are users.
    None,
    /// The administrator of the configuration was created.
    Created { username: String },
    /// Somebody must use the token in this file.
    Token { file: PathBuf },
}

/// Creates what is missing of the built-in roles, teams and the default space, and the first administrator.
///
/// # Errors
/// When the database or the data directory cannot be written, or the configured administrator is not acceptable.
pub async fn prepare(app: &App) -> Result<FirstSteps, ApiError> {
    let mut tx = app.store.begin().await?;
    seed(app, &mut tx).await?;
    tx.commit().await?;
    if has_users(&mut app.store.begin().await?).await? {
        remove_token(app);
        return Ok(FirstSteps::None);
    }
    if let Some(admin) = &app.config.first_admin {
        let person = FirstAdmin {
            username: admin.username.clone(),
            password: admin.password.clone(),
            api_key: admin.api_key.clone(),
        };
        let author = Author::system(app.now());
        create_admin(app, &person, &author).await?;
        return Ok(FirstSteps::Created {
            username: admin.username.clone(),
        });
    }
    Ok(FirstSteps::Token {
        file: write_token(app).map_err(ApiError::internal)?,
    })
}

async fn has_users(tx: &mut Tx) -> Result<bool, ApiError> {
    let anybody = Query {
        kind: "Users".to_owned(),
        take: Some(1),
        ..Query::default()
    };
    Ok(tx.document_count(&anybody).await? > 0)
}

/// Stores a built-in document, unless it is there.
async fn ensure(
    change: (&App, &mut Tx),
    resource: &'static Resource,
    id: &str,
    body: Value,
) -> Result<(), ApiError> {
    let (app, tx) = change;
    if tx.document(resource.kind, id).await?.is_some() {
        return Ok(());
    }
    insert(app, tx, resource, (id.to_owned(), body))
        .await
        .map(|_| ())
}

/// Stores a document as the server itself, outside all spaces.
async fn insert(
    app: &App,
    tx: &mut Tx,
    resource: &'static Resource,
    document: (String, Value),
) -> Result<Document, ApiError> {
    let (id, Value::Object(body)) = document else {
        return Err(ApiError::internal("a built-in document is no object"));
    };
    let (caller, query) = (Caller::system(), query::Query::default());
    let mut change = Change {
        app,
        caller: &caller,
        tx,
        now: app.now(),
        id,
        space_id: None,
        before: None,
        body,
        query: &query,
    };
    write::insert(resource, &mut change).await
}

async fn seed(app: &App, tx: &mut Tx) -> Result<(), ApiError> {
    for role in builtin::roles() {
        let names = |list: &[regatta_core::permission::Permission]| {
            list.iter().map(|p| p.as_str()).collect::<Vec<_>>()
        };
        let body = json!({
            "Name": role.name, "Description": role.description, "CanBeDeleted": false,
            "GrantedSpacePermissions": names(&role.space), "GrantedSystemPermissions": names(&role.system),
        });
        ensure((app, tx), &user_role::ROLE, role.id().as_str(), body).await?;
    }
    for (number, team) in builtin::TEAMS.iter().enumerate() {
        let body = json!({
            "Name": team.name, "Description": team.description, "MemberUserIds": [], "ExternalSecurityGroups": [],
            "CanBeDeleted": false, "CanBeRenamed": false, "CanChangeMembers": !team.everyone, "CanChangeRoles": true,
        });
        ensure((app, tx), &team::TEAM, team.id, body).await?;
        let Some(role) = team.role else { continue };
        let role = format!("userroles-{}", role.to_ascii_lowercase().replace(' ', ""));
        let body = json!({ "TeamId": team.id, "UserRoleId": role });
        ensure(
            (app, tx),
            &user_role::SCOPED,
            &format!("scopeduserroles-builtin{number}"),
            body,
        )
        .await?;
    }
    let spaces = Query {
        kind: "Spaces".to_owned(),
        take: Some(1),
        ..Query::default()
    };
    if tx.document_count(&spaces).await? == 0 {
        let id = tx.next_id("Spaces").await?;
        let managers = json!(["teams-administrators", "teams-managers"]);
        let body = json!({ "Name": "Default", "Description": "", "IsDefault": true, "SpaceManagersTeams": managers });
        insert(app, tx, &space::SPACE, (id, body)).await?;
    }
    Ok(())
}

/// Creates the first user, in the team of administrators.
///
/// # Errors
/// 404 when there is a user already, 400 when name, password or key are not acceptable.
pub(crate) async fn create_admin(
    app: &App,
    admin: &FirstAdmin,
    author: &Author,
) -> Result<Document, ApiError> {
    if let Some(key) = &admin.api_key {
        api_key::check(key).map_err(ApiError::invalid_one)?;
    }
    password::check(&admin.password)?;
    let hash = app.passwords.hash(admin.password.clone()).await?;
    let mut tx = app.store.begin().await?;
    if has_users(&mut tx).await? {
        return Err(ApiError::not_found("/api/setup"));
    }
    let id = tx.next_id("Users").await?;
    let body = json!({ "Username": admin.username, "DisplayName": admin.username, "IsActive": true, "IsService": false });
    let created = insert(app, &mut tx, &user::USER, (id.clone(), body)).await?;
    user::set_password(&mut tx, &id, &hash, app.now()).await?;
    join(&mut tx, "teams-administrators", &id).await?;
    if let Some(key) = &admin.api_key {
        let number = tx.next_id("APIKeys").await?;
        tx.api_key_insert(&kept(number, key, &id, app)).await?;
    }
    let message = format!(
        "User {} was created as the first administrator",
        admin.username
    );
    audit::record(&mut tx, author, Record::about(&created, "Created", message)).await?;
    tx.commit().await?;
    remove_token(app);
    Ok(created)
}

fn kept(id: String, key: &str, user_id: &str, app: &App) -> ApiKey {
    ApiKey {
        id,
        hash: api_key::hash(key),
        user_id: user_id.to_owned(),
        purpose: "First administrator".to_owned(),
        hint: api_key::hint(key),
        created_at: app.now(),
        expires_at: None,
        last_used_at: None,
    }
}

async fn join(tx: &mut Tx, team: &str, user_id: &str) -> Result<(), ApiError> {
    let Some(mut document) = tx.document("Teams", team).await? else {
        return Err(ApiError::not_found(team));
    };
    let mut body: Body = crate::resource::read::body(&document);
    let mut members = crate::resource::texts(&body, "MemberUserIds");
    members.push(user_id.to_owned());
    body.insert("MemberUserIds".to_owned(), json!(members));
    document.body = Value::Object(body).to_string();
    tx.document_replace(&document).await?;
    directory::touch(tx).await?;
    Ok(())
}

/// Whether the text is the one-time token.
pub(crate) fn token_matches(app: &App, given: &str) -> bool {
    let Ok(kept) = std::fs::read_to_string(app.config.data_dir.join(TOKEN_FILE)) else {
        return false;
    };
    let (kept, given) = (session::hash(kept.trim()), session::hash(given.trim()));
    bool::from(kept.ct_eq(&given))
}

/// A fresh token in a file that only its owner can read.
fn write_token(app: &App) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = app.config.data_dir.join(TOKEN_FILE);
    if file.exists() {
        return Ok(file);
    }
    let token = session::make().map_err(|_| std::io::Error::other("no random numbers"))?;
    let mut open = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)?;
    writeln!(open, "{token}")?;
    open.sync_all()?;
    Ok(file)
}

fn remove_token(app: &App) {
    let file = app.config.data_dir.join(TOKEN_FILE);
    if let Err(error) = std::fs::remove_file(&file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(file = %file.display(), %error, "the used set-up token could not be removed; it has no effect any more");
    }
}
