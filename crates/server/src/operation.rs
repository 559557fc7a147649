//! Operations: everything the API can do, as a table.
//!
//! An [`Operation`] cannot be built without saying who may call it and where the scope of that permission comes
//! from, and its handler is private to the [`crate::router`], which checks first. From the same table follow the
//! router, the OpenAPI document and the authorisation tests, so none of them can disagree.

use std::future::Future;
use std::sync::Arc;

use axum::http::Method;
use axum::response::Response;
use futures_util::future::BoxFuture;
use regatta_core::permission::Permission;

use crate::call::Call;
use crate::error::ApiError;
use crate::shape::{Object, Shape};

/// What a handler gives back.
pub type Answer = Result<Response, ApiError>;

pub(crate) type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Where an operation lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/health`: outside `/api`.
    Root,
    /// `/api/users`: outside all spaces.
    System,
    /// `/api/{spaceId}/projects`, `/api/spaces/{spaceId}/projects`, and `/api/projects` for the default space.
    Space,
    /// As `Space`, but without a space in the path it is about the whole system ([`Call::space`] is `None` then).
    Both,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anonymous,
    /// Anybody who is signed in; the operation is about the caller only, or the handler decides.
    SignedIn,
    /// Whoever holds the permission for the scope.
    Needs(Permission, From),
}

/// Where the scope of a permission comes from. One place only, never two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The system itself.
    System,
    /// The space of the path as a whole.
    Space,
    /// The permission must be held somewhere in the space. The handler shows only what it covers
    /// ([`Call::sees`]), or checks what the body names ([`Call::require`]) before it can write.
    Items,
    /// As `Items`; but without a space in the path the body says which space, if any, it is about, so the permission
    /// may be held in any space or the system.
    Anywhere,
    /// The project this path parameter names, by id or slug; found in [`Call::document`].
    Project(&'static str),
    /// The document of this kind that this path parameter names; found in [`Call::document`].
    Document(&'static str, &'static str),
}

/// `Access::Needs`, short to write in tables.
#[must_use]
pub const fn needs(permission: Permission, from: From) -> Access {
    Access::Needs(permission, from)
}

/// What the answer of a success holds.
#[derive(Debug, Clone, Copy)]
pub enum Answers {
    /// Nothing, or a body that is not described.
    Anything,
    One(Shape),
    /// A page of these, in the envelope of [`crate::page`].
    Page(&'static Object),
    /// Bytes or text of this media type.
    Raw(&'static str),
}

/// How large a request body may be, in bytes, unless the operation says otherwise.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One thing the API can do.
#[derive(Clone)]
pub struct Operation {
    /// The name in the OpenAPI document; unique.
    pub id: &'static str,
    pub method: Method,
    pub place: Place,
    /// Below `/api` (and below the space) unless at the root, e.g. `/projects/{project}/channels`.
    pub path: &'static str,
    pub access: Access,
    pub summary: &'static str,
    pub body: Option<Shape>,
    pub answers: Answers,
    /// Whether who asks for `text/event-stream` is answered with one that stays open.
    pub streams_events: bool,
    /// Whether a POST that answers a document made it (201), or changed it (200).
    pub creates: bool,
    /// Query keys. What is read refuses to be narrowed by others ([`crate::query::Query::check`]).
    pub query: &'static [&'static str],
    /// Further keys a list is narrowed by, each with the field of the tags it looks for.
    pub filters: &'static [(&'static str, &'static str)],
    /// The same, of what is true or false.
    pub flags: &'static [(&'static str, &'static str)],
    /// `None`: the handler reads the body as a stream and sets its own bounds.
    pub body_bytes_max: Option<usize>,
    pub(crate) handler: Handler,
}

impl Operation {
    fn new<F, R>(
        method: Method,
        id: &'static str,
        at: (Place, &'static str),
        access: Access,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        let (place, path) = at;
        Self {
            id,
            method,
            place,
            path,
            access,
            summary: "",
            body: None,
            answers: Answers::Anything,
            streams_events: false,
            creates: true,
            query: &[],
            filters: &[],
            flags: &[],
            body_bytes_max: Some(BODY_BYTES_MAX),
            handler: Arc::new(move |call| Box::pin(handler(call))),
        }
    }

    #[must_use]
    pub const fn summary(mut self, text: &'static str) -> Self {
        self.summary = text;
        self
    }

    /// The request body; [`Call::json`] binds it.
    #[must_use]
    pub const fn body(mut self, object: &'static Object) -> Self {
        self.body = Some(Shape::Object(object));
        self
    }

    /// A request body that is no object, such as a list of ids.
    #[must_use]
    pub const fn body_shape(mut self, shape: Shape) -> Self {
        self.body = Some(shape);
        self
    }

    #[must_use]
    pub const fn answers(mut self, object: &'static Object) -> Self {
        self.answers = Answers::One(Shape::Object(object));
        self
    }

    #[must_use]
    pub const fn answers_shape(mut self, shape: Shape) -> Self {
        self.answers = Answers::One(shape);
        self
    }

    /// A POST that answers what it changed, with 200.
    #[must_use]
    pub const fn acts(mut self) -> Self {
        self.creates = false;
        self
    }

    #[must_use]
    pub const fn answers_page(mut self, item: &'static Object) -> Self {
        self.answers = Answers::Page(item);
        self
    }

    #[must_use]
    pub const fn answers_raw(mut self, media_type: &'static str) -> Self {
        self.answers = Answers::Raw(media_type);
        self
    }

    /// Beside what it [answers](Self::answers): the same as server-sent events, for who asks for them.
    #[must_use]
    pub const fn streams_events(mut self) -> Self {
        self.streams_events = true;
        self
    }

    #[must_use]
    pub const fn query(mut self, keys: &'static [&'static str]) -> Self {
        self.query = keys;
        self
    }

    #[must_use]
    pub const fn filters(mut self, keys: &'static [(&'static str, &'static str)]) -> Self {
        self.filters = keys;
        self
    }

    #[must_use]
    pub const fn flags(mut self, keys: &'static [(&'static str, &'static str)]) -> Self {
        self.flags = keys;
        self
    }

    /// Every key of a query that means something to it.
    pub(crate) fn query_keys(&self) -> impl Iterator<Item = &'static str> {
        let tagged = self.filters.iter().chain(self.flags);
        let tagged = tagged.map(|(key, _)| *key);
        self.query.iter().copied().chain(tagged)
    }

    /// The handler takes the body as a stream ([`Call::take_body`]).
    #[must_use]
    pub const fn streams_body(mut self) -> Self {
        self.body_bytes_max = None;
        self
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $method:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name<F, R>(id: &'static str, place: Place, path: &'static str, access: Access, handler: F) -> Operation
        where
            F: Fn(Call) -> R + Send + Sync + 'static,
            R: Future<Output = Answer> + Send + 'static,
        {
            Operation::new(Method::$method, id, (place, path), access, handler)
        }
    )+};
}

methods! {
    /// Reads; also answers HEAD.
    get GET;
    /// Creates (201) or acts.
    post POST;
    /// Replaces; answers the stored document with 200.
    put PUT;
    /// Removes; answers 200, because Octopus' Go client takes 204 for an error.
    delete DELETE;
}
