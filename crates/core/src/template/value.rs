//! Texts as templates see them: secret or not, to be evaluated or not.

use std::sync::Arc;

use super::ast::Template;
use super::parse::{self, ParseError};
use crate::secret::Secret;

/// A text, open or secret; cheap to clone.
#[derive(Clone)]
pub enum Text {
    Plain(Arc<str>),
    Secret(Secret),
}

impl Text {
    /// A text nobody needs to hide.
    pub fn plain(text: impl Into<Arc<str>>) -> Self {
        Self::Plain(text.into())
    }

    /// The clear text, secret or not.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }

    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

/// Shows an open text, hides a secret one.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(text) => write!(f, "{text:?}"),
            Self::Secret(_) => f.write_str("<secret>"),
        }
    }
}

/// A value before evaluation, parsed once however often it is evaluated.
#[derive(Clone)]
pub struct Source {
    pub(super) text: Text,
    pub(super) body: Body,
}

#[derive(Clone)]
pub(super) enum Body {
    /// Nothing to evaluate: no `#{` in it, or data.
    Literal,
    Template(Arc<Template>),
    /// Cannot be read as a template; stands for its own text.
    Broken(Arc<ParseError>),
}

impl Source {
    /// What somebody wrote who may write templates. Costs nothing beyond a search when it has no `#{`.
    #[must_use]
    pub fn template(text: Text) -> Self {
        let source = text.expose();
        let body = if !source.contains("#{") {
            Body::Literal
        } else {
            match parse::template(source) {
                Ok(template) => Body::Template(Arc::new(template)),
                Err(error) => Body::Broken(Arc::new(error)),
            }
        };
        Self { text, body }
    }

    /// What came from a target, a script or a form: `#{` in it means nothing.
    #[must_use]
    pub const fn data(text: Text) -> Self {
        Self {
            text,
            body: Body::Literal,
        }
    }

    /// The text as written.
    #[must_use]
    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// Why it cannot be read as a template, if so.
    #[must_use]
    pub fn parse_error(&self) -> Option<&ParseError> {
        match &self.body {
            Body::Broken(error) => Some(error),
            _ => None,
        }
    }

    /// Whether evaluating it yields the text itself.
    #[must_use]
    pub const fn is_literal(&self) -> bool {
        matches!(self.body, Body::Literal)
    }

    /// The parsed template; `None` for data, plain text and broken templates.
    #[must_use]
    pub fn parsed(&self) -> Option<&Template> {
        match &self.body {
            Body::Template(template) => Some(template),
            _ => None,
        }
    }
}
