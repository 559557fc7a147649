//! Resources that are plain documents: one implementation of list, get, create, replace and delete for all.
//!
//! A file under [`crate::http`] states what is special about a resource as a [`Resource`]; everything else (paging,
//! names and slugs, permissions, foreign spaces, audit, links) happens here once.

use futures_util::future::BoxFuture;
use regatta_core::permission::Permission;
use regatta_core::time::Time;
use regatta_store::{Document, Order, Tx};
use serde_json::{Map, Value};

use crate::app::App;
use crate::auth::caller::Caller;
use crate::error::ApiError;
use crate::operation::{Access, From, Operation, Place, delete, get, needs, post, put};
use crate::scope;
use crate::shape::{Object, Shape, joined};

pub(crate) mod cloning;
pub(crate) mod name;
pub mod read;
pub mod secret;
pub(crate) mod sort;
pub mod write;

/// A JSON object.
pub type Body = Map<String, Value>;

/// What is special about a kind of document.
pub struct Resource {
    /// Prefix of the ids and kind in the store, e.g. `Environments`.
    pub kind: &'static str,
    /// `ItemType` of lists, and how audit messages call one, e.g. `DeploymentEnvironment`.
    pub item_type: &'static str,
    pub place: Place,
    pub names: Names,
    pub object: &'static Object,
    pub view: Permission,
    /// `None`: nobody can, the server makes them itself.
    pub create: Option<Permission>,
    pub edit: Option<Permission>,
    pub delete: Option<Permission>,
    /// The key that names it.
    pub name_key: &'static str,
    pub name_is_unique: bool,
    pub has_slug: bool,
    pub order: Order,
    /// Whether the kind is part of [`crate::auth::directory`].
    pub hooks: Hooks,
}

/// Names of the operations and their paths; made by [`names!`](crate::names).
pub struct Names {
    pub list: (&'static str, &'static str),
    pub all: (&'static str, &'static str),
    pub get: (&'static str, &'static str),
    pub create: (&'static str, &'static str),
    pub replace: (&'static str, &'static str),
    pub delete: (&'static str, &'static str),
}

/// `names!("environment", "/environments")`.
#[macro_export]
macro_rules! names {
    ($word:literal, $path:literal) => {
        $crate::resource::Names {
            list: (concat!($word, "List"), $path),
            all: (concat!($word, "All"), concat!($path, "/all")),
            get: (concat!($word, "Get"), concat!($path, "/{id}")),
            create: (concat!($word, "Create"), $path),
            replace: (concat!($word, "Replace"), concat!($path, "/{id}")),
            delete: (concat!($word, "Delete"), concat!($path, "/{id}")),
        }
    };
}

/// Code that belongs to a resource. [`Hooks::NONE`] and struct update syntax leave out what it does not need.
pub struct Hooks {
    /// Checks and completes a document before it is stored; on creation and replacement.
    pub prepare: for<'c> fn(&'c mut Change<'_>) -> BoxFuture<'c, Result<(), ApiError>>,
    /// What creation brings along, in the same transaction.
    pub created: for<'c> fn(&'c mut Change<'_>) -> BoxFuture<'c, Result<(), ApiError>>,
    /// What a replacement brings along, in the same transaction.
    pub replaced: for<'c> fn(&'c mut Change<'_>) -> BoxFuture<'c, Result<(), ApiError>>,
    /// Refuses a deletion, or takes along what belongs to the document.
    pub deleting: for<'c> fn(&'c mut Change<'_>) -> BoxFuture<'c, Result<(), ApiError>>,
    /// What is left to do when a deletion is durable.
    pub deleted: for<'c> fn(&'c App) -> BoxFuture<'c, Result<(), ApiError>>,
    /// What is left to do when a creation or a replacement is durable.
    pub afterwards: fn(&App),
    /// Adds computed fields and links; `links` holds `Self` already.
    pub view: fn(&mut View<'_>),
    /// Values lists are filtered by, as `field:value`.
    pub tags: fn(&Body) -> Vec<String>,
    /// Filters of a list: query key, and the field of the tags it looks for.
    pub filters: &'static [(&'static str, &'static str)],
    /// What of those holds when nobody asks, neither by the key nor by ids: query key and value.
    pub unless_asked: &'static [(&'static str, &'static str)],
    /// Filters that are true or false: query key, and the field of the tags.
    pub flags: &'static [(&'static str, &'static str)],
    /// The document it belongs to (names are unique in it), and the key that says so.
    pub owner_key: Option<&'static str>,
    /// Where the view permission is not what is needed: lists then show what this says.
    pub sees: Option<Sight>,
    /// Position in lists sorted by [`Order::Sorted`].
    pub sort_order: fn(&Body) -> i64,
}

impl Hooks {
    /// Nothing special.
    pub const NONE: Self = Self {
        prepare: |_| Box::pin(async { Ok(()) }),
        created: |_| Box::pin(async { Ok(()) }),
        replaced: |_| Box::pin(async { Ok(()) }),
        deleting: |_| Box::pin(async { Ok(()) }),
        deleted: |_| Box::pin(async { Ok(()) }),
        afterwards: |_| {},
        view: |_| {},
        tags: |_| Vec::new(),
        filters: &[],
        unless_asked: &[],
        flags: &[],
        owner_key: None,
        sees: None,
        sort_order: |_| 0,
    };
}

/// Who may look at the documents of a resource that needs no permission of its own for it.
#[derive(Clone, Copy)]
pub struct Sight {
    /// Whether everything that is listed in a space may be seen: then the database finds the page of a list.
    pub all: fn(&Caller, space: &str) -> bool,
    pub one: fn(&Caller, &Document) -> bool,
}

/// A document on its way into the store, or out of it.
pub struct Change<'a> {
    pub app: &'a App,
    pub caller: &'a Caller,
    pub tx: &'a mut Tx,
    pub now: Time,
    pub id: String,
    pub space_id: Option<String>,
    /// As stored until now; `None` on creation.
    pub before: Option<Body>,
    /// As it will be stored.
    pub body: Body,
}

/// A document on its way to a client.
pub struct View<'a> {
    pub id: &'a str,
    /// `/api/Spaces-1`, or `/api`.
    pub base: &'a str,
    pub document: &'a Document,
    pub body: &'a mut Body,
    pub links: &'a mut Map<String, Value>,
}

impl View<'_> {
    /// Adds a link below the document's base.
    pub fn link(&mut self, name: &str, below_base: &str) {
        self.links.insert(
            name.to_owned(),
            Value::from(format!("{}{below_base}", self.base)),
        );
    }
}

impl Change<'_> {
    /// The text under a key, empty when there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.body
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The texts of a list.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<String> {
        texts(&self.body, key)
    }

    /// Sets a value.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.body.insert(key.to_owned(), value.into());
    }

    /// 400 unless the document can be read as this type of the core.
    ///
    /// # Errors
    /// Saying what the type refuses.
    pub fn is_a<T: serde::de::DeserializeOwned>(&self) -> Result<(), ApiError> {
        let mut whole = self.body.clone();
        whole.insert("Id".to_owned(), Value::from(self.id.as_str()));
        whole.insert("SpaceId".to_owned(), Value::from(self.space_id.clone()));
        // It is made after this check, from the name.
        let slug = whole.entry("Slug").or_insert(Value::Null);
        if slug.as_str().is_none_or(str::is_empty) {
            *slug = Value::from("unnamed");
        }
        match serde_json::from_value::<T>(Value::Object(whole)) {
            Ok(_) => Ok(()),
            Err(error) => Err(ApiError::invalid_one(error.to_string())),
        }
    }

    /// Stores another document that comes with this one.
    ///
    /// # Errors
    /// As for any creation.
    pub(crate) async fn with(
        &mut self,
        resource: &'static Resource,
        id: String,
        body: Body,
    ) -> Result<(), ApiError> {
        let mut inner = Change {
            app: self.app,
            caller: self.caller,
            tx: &mut *self.tx,
            now: self.now,
            id,
            space_id: self.space_id.clone(),
            before: None,
            body,
        };
        Box::pin(write::insert(resource, &mut inner))
            .await
            .map(|_| ())
    }

    /// Takes out of a list what was in the stored one already and is gone by now.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn forget_gone(&mut self, key: &str, kind: &str) -> Result<(), ApiError> {
        let known = self.before.as_ref().map(|before| texts(before, key));
        let Some(known) = known.filter(|_| self.body.contains_key(key)) else {
            return Ok(());
        };
        let mut kept = Vec::new();
        for id in self.texts(key) {
            if !known.contains(&id) || self.tx.document(kind, &id).await?.is_some() {
                kept.push(id);
            }
        }
        self.set(key, kept);
        Ok(())
    }

    /// 400 unless every id under this key is a document of the kind in the same space.
    ///
    /// # Errors
    /// Naming each id that is not.
    pub async fn refers(&mut self, key: &str, kind: &str) -> Result<(), ApiError> {
        let ids = match self.body.get(key) {
            Some(Value::String(id)) if !id.is_empty() => vec![id.clone()],
            Some(Value::Array(_)) => self.texts(key),
            _ => return Ok(()),
        };
        let mut problems = Vec::new();
        for id in ids {
            let found = self.tx.document(kind, &id).await?;
            if found.is_none_or(|found| found.space_id != self.space_id) {
                problems.push(format!("{key}: '{id}' does not exist in this space."));
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(problems))
        }
    }
}

/// The texts of a list of a body.
#[must_use]
pub fn texts(body: &Body, key: &str) -> Vec<String> {
    let items = body.get(key).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// What every list can be asked for: Octopus' clients call a part of the name by three names.
const ASKED_FOR: [&str; 7] = [
    "skip",
    "take",
    "ids",
    "partialName",
    "filter",
    "search",
    "name",
];
/// Documents that name their space are listed for several spaces at once.
const ASKED_FOR_BY_SPACE: [&str; 9] = joined(ASKED_FOR, ["spaces", "includeSystem"]);
/// How much of [`ASKED_FOR`] says which page, and nothing of what is on it.
const WINDOW: usize = 2;

/// The operations of a resource.
#[must_use]
pub fn operations(resource: &'static Resource) -> Vec<Operation> {
    let names = &resource.names;
    let (place, asked_for): (Place, &'static [&'static str]) =
        if scope::names_its_space(resource.kind) {
            (Place::Both, &ASKED_FOR_BY_SPACE)
        } else {
            (resource.place, &ASKED_FOR)
        };
    let lists = access_to_list(resource);
    let reads = if resource.hooks.sees.is_some() {
        Access::SignedIn
    } else {
        needs(resource.view, From::Document(resource.kind, "id"))
    };
    let one = |permission| needs(permission, From::Document(resource.kind, "id"));
    let mut all = vec![
        get(names.list.0, place, names.list.1, lists, move |call| {
            read::list(resource, call)
        })
        .answers_page(resource.object)
        .query(asked_for)
        .filters(resource.hooks.filters)
        .flags(resource.hooks.flags),
        get(names.all.0, place, names.all.1, lists, move |call| {
            read::all(resource, call)
        })
        .answers_shape(list_of(resource.object))
        .query(&asked_for[WINDOW..])
        .filters(resource.hooks.filters)
        .flags(resource.hooks.flags),
        get(names.get.0, place, names.get.1, reads, move |call| {
            read::get(resource, call)
        })
        .answers(resource.object),
    ];
    if let Some(permission) = resource.create {
        let access = access_to_create(resource, permission);
        let operation = post(names.create.0, place, names.create.1, access, move |call| {
            write::create(resource, call)
        });
        all.push(operation.body(resource.object).answers(resource.object));
    }
    if let Some(permission) = resource.edit {
        let operation = put(
            names.replace.0,
            place,
            names.replace.1,
            one(permission),
            move |call| write::replace(resource, call),
        );
        all.push(operation.body(resource.object).answers(resource.object));
    }
    if let Some(permission) = resource.delete {
        all.push(delete(
            names.delete.0,
            place,
            names.delete.1,
            one(permission),
            move |call| write::delete(resource, call),
        ));
    }
    all
}

/// Lists show what the permission covers; one that cannot be restricted is checked at once.
fn access_to_list(resource: &Resource) -> Access {
    if resource.hooks.sees.is_some() {
        return Access::SignedIn;
    }
    let is_restricted = !resource.view.dimensions().is_empty() || resource.place == Place::Both;
    needs(
        resource.view,
        if is_restricted {
            From::Items
        } else {
            whole(resource)
        },
    )
}

/// What is created may lie in something a grant is restricted to, which only the body says.
fn access_to_create(resource: &Resource, permission: Permission) -> Access {
    needs(
        permission,
        if scope::names_its_space(resource.kind) {
            From::Anywhere
        } else if permission.dimensions().is_empty() {
            whole(resource)
        } else {
            From::Items
        },
    )
}

fn whole(resource: &Resource) -> From {
    if resource.place == Place::System {
        From::System
    } else {
        From::Space
    }
}

/// The shape of a bare list. Made once per resource at start-up, so the leak is bounded.
fn list_of(object: &'static Object) -> Shape {
    Shape::List(Box::leak(Box::new(Shape::Object(object))))
}
