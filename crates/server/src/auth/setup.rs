//! What every installation starts with, and its first administrator.
//!
//! The administrator comes from the environment of the first start, or from whoever can read the one-time token in
//! the data directory. Both work only while there is no user, which is checked in the transaction that creates one.

use std::io::Write as _;
use std::path::PathBuf;

use regatta_core::name::{Name, NameError};
use regatta_core::permission::builtin;
use regatta_store::{Document, Query, Tx};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::caller::Caller;
use super::password::PasswordError;
use super::{api_key, directory, password, session};
use crate::app::App;
use crate::audit::{self, Author, Record};
use crate::config::FirstAdmin;
use crate::error::ApiError;
use crate::http::{space, team, user, user_role};
use crate::resource::{Body, Change, Resource, write};

const TOKEN_FILE: &str = "setup-token";

/// Why the given first administrator cannot be made. Without a user the server does not start then.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdminError {
    #[error(
        "set REGATTA_ADMIN_USERNAME and REGATTA_ADMIN_PASSWORD together (and REGATTA_ADMIN_API_KEY only beside them)"
    )]
    Incomplete,
    #[error("REGATTA_ADMIN_USERNAME: {0}")]
    Username(#[from] NameError),
    #[error("REGATTA_ADMIN_PASSWORD: {0}")]
    Password(#[from] PasswordError),
    #[error(
        "REGATTA_ADMIN_API_KEY: an API key is 'API-' and then capital letters A-Z and digits, for example API-A1B2C3D4E5F6"
    )]
    ApiKey,
    #[error("{0} is not valid Unicode")]
    NotText(&'static str),
}

impl FirstAdmin {
    /// What `REGATTA_ADMIN_USERNAME`, `_PASSWORD` and `_API_KEY` say.
    ///
    /// # Errors
    /// When one is missing or cannot be used.
    pub fn from_environment() -> Result<Option<Self>, FirstAdminError> {
        let get = |name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(FirstAdminError::NotText(name)),
        };
        Self::parse(
            get("REGATTA_ADMIN_USERNAME")?,
            get("REGATTA_ADMIN_PASSWORD")?,
            get("REGATTA_ADMIN_API_KEY")?,
        )
    }

    /// The first administrator as given by `REGATTA_ADMIN_USERNAME`, `_PASSWORD` and `_API_KEY`; empty is absent.
    ///
    /// # Errors
    /// When one is missing or cannot be used.
    pub fn parse(
        username: Option<String>,
        password: Option<String>,
        api_key: Option<String>,
    ) -> Result<Option<Self>, FirstAdminError> {
        let given = |value: Option<String>| value.filter(|text| !text.is_empty());
        let (username, password, api_key) = match (given(username), given(password), given(api_key))
        {
            (None, None, None) => return Ok(None),
            (Some(username), Some(password), api_key) => (username, password, api_key),
            _ => return Err(FirstAdminError::Incomplete),
        };
        let username = username.parse::<Name>()?.as_str().to_owned();
        password::check(&password, &username)?;
        if api_key
            .as_deref()
            .is_some_and(|key| !api_key::is_well_formed(key))
        {
            return Err(FirstAdminError::ApiKey);
        }
        Ok(Some(Self {
            username,
            password,
            api_key,
        }))
    }
}

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
        if let Err(why) = &app.config.first_admin {
            tracing::warn!(
                "the first administrator of the environment is ignored, because there are users: {why}"
            );
        }
        return Ok(FirstSteps::None);
    }
    if let Some(admin) = app.config.first_admin.as_ref().map_err(unusable)? {
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

fn unusable(why: &FirstAdminError) -> ApiError {
    ApiError::invalid_one(why.to_string())
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
    let caller = Caller::system();
    let mut change = Change {
        app,
        caller: &caller,
        tx,
        now: app.now(),
        id,
        space_id: None,
        before: None,
        body,
    };
    write::insert(resource, &mut change).await
}

fn is_outdated(stored: &Document, role: &Value) -> bool {
    let stored: Value = serde_json::from_str(&stored.body).unwrap_or_default();
    [
        "Description",
        "GrantedSpacePermissions",
        "GrantedSystemPermissions",
    ]
    .iter()
    .any(|key| stored[key] != role[key])
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
        let stored = tx
            .document(user_role::ROLE.kind, role.id().as_str())
            .await?;
        match stored.filter(|stored| is_outdated(stored, &body)) {
            None => ensure((app, tx), &user_role::ROLE, role.id().as_str(), body).await?,
            Some(stored) => {
                // Built-in roles follow the program.
                let fresh = Document {
                    body: body.to_string(),
                    updated_at: app.now(),
                    ..stored
                };
                tx.document_replace(&fresh).await?;
                directory::touch(tx).await?;
            }
        }
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
    password::check(&admin.password, &admin.username)?;
    let hash = app.passwords.hash(admin.password.clone()).await?;
    let mut tx = app.store.begin().await?;
    // Locks out other nodes that are doing the same.
    directory::touch(&mut tx).await?;
    if has_users(&mut tx).await? {
        return Err(ApiError::not_found("/api/setup"));
    }
    let id = tx.next_id("Users").await?;
    let body = json!({ "Username": admin.username, "DisplayName": admin.username, "IsActive": true, "IsService": false });
    let created = insert(app, &mut tx, &user::USER, (id.clone(), body)).await?;
    user::set_password(&mut tx, &id, &hash, app.now()).await?;
    join(&mut tx, "teams-administrators", &id).await?;
    if let Some(key) = &admin.api_key {
        let row = api_key::row(
            tx.next_id("APIKeys").await?,
            key,
            (&id, "First administrator"),
            app.now(),
        );
        tx.api_key_insert(&row).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(username: &str, password: &str, key: &str) -> Result<bool, String> {
        let text = |text: &str| Some(text.to_owned());
        let parsed = FirstAdmin::parse(text(username), text(password), text(key));
        parsed
            .map(|admin| admin.is_some())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_the_way_out() {
        assert_eq!(parse("", "", ""), Ok(false));
        assert_eq!(parse("admin", "correct horse", ""), Ok(true));
        assert_eq!(parse("admin", "correct horse", "API-GOOD1"), Ok(true));
        let wrong = [
            ("admin", "", ""),
            ("", "", "API-X"),
            ("admin", "short", ""),
            ("ad\u{200B}min", "correct horse", ""),
            ("admin", "correct horse", "api-lower"),
        ];
        let refused: Vec<_> = wrong
            .iter()
            .map(|(username, password, key)| parse(username, password, key).unwrap_err())
            .collect();
        insta::assert_snapshot!(refused.join("\n"), @r"
        set REGATTA_ADMIN_USERNAME and REGATTA_ADMIN_PASSWORD together (and REGATTA_ADMIN_API_KEY only beside them)
        set REGATTA_ADMIN_USERNAME and REGATTA_ADMIN_PASSWORD together (and REGATTA_ADMIN_API_KEY only beside them)
        REGATTA_ADMIN_PASSWORD: The password has 5 characters; at least 8 are needed.
        REGATTA_ADMIN_USERNAME: The name contains the invisible character U+200B at position 3. Remove it.
        REGATTA_ADMIN_API_KEY: an API key is 'API-' and then capital letters A-Z and digits, for example API-A1B2C3D4E5F6
        ");
    }
}
