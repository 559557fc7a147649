//! What OCL names by slug and the API by id: environments, channels, feeds and the like.
//!
//! The id of what no longer exists is written and read as it is, so that nothing is lost; an unknown slug is a mistake
//! and is named.

use super::error::Fault;

/// A kind of thing that can be referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Environment,
    Channel,
    WorkerPool,
    Feed,
    Machine,
    Action,
    Account,
    Team,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Channel => "channel",
            Self::WorkerPool => "worker pool",
            Self::Feed => "feed",
            Self::Machine => "deployment target",
            Self::Action => "action",
            Self::Account => "account",
            Self::Team => "team",
        }
    }

    /// Whether a text can only be the id of such a thing.
    fn is_id(self, text: &str) -> bool {
        let prefix = match self {
            Self::Environment => "Environments-",
            Self::Channel => "Channels-",
            Self::WorkerPool => "WorkerPools-",
            Self::Feed => "Feeds-",
            Self::Machine => "Machines-",
            Self::Account => "Accounts-",
            Self::Team => "Teams-",
            Self::Action => {
                let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
                return text.len() == 36 && text.matches('-').count() == 4 && text.chars().all(hex);
            }
        };
        let number = text.strip_prefix(prefix).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    }
}

/// Ids and slugs of what a space has.
#[derive(Debug, Clone, Default)]
pub struct References(Vec<(Kind, String, String)>);

impl References {
    pub fn add(&mut self, kind: Kind, id: impl Into<String>, slug: impl Into<String>) {
        self.0.push((kind, id.into(), slug.into()));
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = (&str, &str)> {
        let same = self.0.iter().filter(move |(known, _, _)| *known == kind);
        same.map(|(_, id, slug)| (id.as_str(), slug.as_str()))
    }

    pub(super) fn slug(&self, kind: Kind, id: &str) -> String {
        let found = self.of(kind).find(|(known, _)| *known == id);
        found.map_or(id, |(_, slug)| slug).to_owned()
    }

    pub(super) fn slugs(&self, kind: Kind, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.slug(kind, id)).collect()
    }

    /// The id of a slug. An id is taken as it is, and so is an expression, which is only known when it is used.
    pub(super) fn id(&self, kind: Kind, text: &str, at: usize) -> Result<String, Fault> {
        let text = text.trim();
        if text.is_empty() || text.contains("#{") {
            return Ok(text.to_owned());
        }
        let by_slug = self
            .of(kind)
            .find(|(_, slug)| slug.eq_ignore_ascii_case(text));
        let by_id = || self.of(kind).find(|(id, _)| id.eq_ignore_ascii_case(text));
        if let Some((id, _)) = by_slug.or_else(by_id) {
            return Ok(id.to_owned());
        }
        if kind.is_id(text) {
            return Ok(text.to_owned());
        }
        let known: Vec<&str> = self.of(kind).map(|(_, slug)| slug).collect();
        let help = if known.is_empty() {
            format!("There is no {} here; create it first.", kind.word())
        } else {
            format!("Known are {}.", known.join(", "))
        };
        let what = format!("There is no {} `{text}`.", kind.word());
        Err(Fault::new(at, what, help))
    }

    pub(super) fn ids(
        &self,
        kind: Kind,
        texts: Option<(Vec<String>, usize)>,
    ) -> Result<Vec<String>, Fault> {
        let (texts, at) = texts.unwrap_or_default();
        texts.iter().map(|text| self.id(kind, text, at)).collect()
    }
}
