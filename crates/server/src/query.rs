//! The query of a request: keys in any case of letters, lists in both encodings that clients use
//! (`ids=A&ids=B` and `ids=A,B`).

use axum::http::Method;

use crate::error::ApiError;
use crate::operation::Operation;
use crate::path::{decode, encode};

/// Page size when the client names none (Octopus').
pub const TAKE_DEFAULT: u64 = 30;
/// Clients ask for "all" with the greatest number of 32 bits.
pub const TAKE_ALL: u64 = 2_147_483_647;
/// More ids than this cannot be asked for at once.
const LIST_MAX: usize = 1000;

/// What Octopus' clients narrow lists by.
const FILTERS: &[&str] = &[
    "accountType",
    "active",
    "archived",
    "asCsv",
    "channels",
    "clonedFromProjectId",
    "clonedFromTenantId",
    "commStyles",
    "contentType",
    "deploymentId",
    "deploymentTargetTypes",
    "documentTypes",
    "environment",
    "environmentIds",
    "environments",
    "eventAgents",
    "eventCategories",
    "eventGroups",
    "feedType",
    "filter",
    "firstResult",
    "from",
    "fromAutoId",
    "hasPendingInterruptions",
    "hasWarningsOrErrors",
    "healthStatuses",
    "hideEmptyEnvironments",
    "ids",
    "includePreRelease",
    "includeSystem",
    "internal",
    "isDisabled",
    "latest",
    "machinePartialName",
    "name",
    "node",
    "nuGetPackageId",
    "orderBy",
    "packageId",
    "partialName",
    "pendingOnly",
    "preReleaseTag",
    "project",
    "projectEnvironmentsFilter",
    "projectGroups",
    "projectId",
    "projectIds",
    "projects",
    "regarding",
    "regardingAny",
    "releaseId",
    "releases",
    "roles",
    "runbook",
    "runbooks",
    "running",
    "scopes",
    "search",
    "searchByName",
    "searchByVersion",
    "selectedTags",
    "selectedTenants",
    "shellNames",
    "spaces",
    "states",
    "tags",
    "taskState",
    "tenant",
    "tenantIds",
    "tenants",
    "tenantTags",
    "term",
    "thumbprint",
    "to",
    "toAutoId",
    "type",
    "user",
    "users",
    "versionRange",
    "workerPoolIds",
];

/// Decoded pairs in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: &str) -> Result<Self, ApiError> {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key, true)?, decode(value, true)?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// The first non-empty value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key).find(|value| !value.is_empty())
    }

    fn all<'q, 'k>(&'q self, key: &'k str) -> impl Iterator<Item = &'q str> + use<'q, 'k> {
        self.0
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    /// Whoever narrows a list must not take all of it for what they asked for. Keys that nobody narrows lists by are
    /// left alone: clients send some of their own.
    ///
    /// # Errors
    /// 400 for a filter that the operation does not know.
    pub(crate) fn check(&self, operation: &Operation) -> Result<(), ApiError> {
        if operation.method != Method::GET {
            return Ok(());
        }
        for (name, value) in &self.0 {
            let is_named = |known: &str| known.eq_ignore_ascii_case(name);
            let is_filter = !value.is_empty() && FILTERS.iter().copied().any(is_named);
            if is_filter && !operation.query_keys().any(is_named) {
                let keys: Vec<&str> = operation.query_keys().collect();
                return Err(
                    ApiError::invalid_one(format!("This cannot be narrowed by '{name}'."))
                        .help(format!("It can be asked for: {}.", keys.join(", "))),
                );
            }
        }
        Ok(())
    }

    /// Every value of a list; `None` when the key is absent or empty.
    ///
    /// # Errors
    /// 400 when there are more than a thousand.
    pub fn list(&self, key: &str) -> Result<Option<Vec<String>>, ApiError> {
        let mut values = Vec::new();
        for part in self
            .all(key)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            if values.len() == LIST_MAX {
                return Err(ApiError::invalid_one(format!(
                    "'{key}' lists more than {LIST_MAX} values; ask for fewer at once."
                )));
            }
            values.push(part.to_owned());
        }
        Ok((!values.is_empty()).then_some(values))
    }

    /// A whole number of 0 or more.
    ///
    /// # Errors
    /// 400 when it is anything else.
    pub fn number(&self, key: &str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => {
                let short: String = text.chars().take(40).collect();
                Err(ApiError::invalid_one(format!(
                    "'{key}' must be a whole number of 0 or more, found '{short}'."
                )))
            }
        }
    }

    /// `true` or `false`, in any case of letters.
    ///
    /// # Errors
    /// 400 when it is anything else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.get(key).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid_one(format!(
                "'{key}' must be true or false."
            ))),
        }
    }

    /// `skip` and `take`, with Octopus' defaults.
    ///
    /// # Errors
    /// 400 when one is not a number.
    pub fn window(&self) -> Result<(u64, u64), ApiError> {
        let skip = self.number("skip")?.unwrap_or(0).min(i64::MAX as u64);
        let take = self.number("take")?.unwrap_or(TAKE_DEFAULT).min(TAKE_ALL);
        Ok((skip, take))
    }

    /// The query text with other `skip` and `take` and everything else as it was: for links to other pages.
    #[must_use]
    pub fn with_window(&self, skip: u64, take: u64) -> String {
        let mut text = format!("?skip={skip}&take={take}");
        for (key, value) in &self.0 {
            if !key.eq_ignore_ascii_case("skip") && !key.eq_ignore_ascii_case("take") {
                text.push('&');
                text.push_str(&encode(key));
                text.push('=');
                text.push_str(&encode(value));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_both_encodings() {
        for raw in ["ids=A&ids=B", "ids=A,B", "IDS=A%2CB", "ids=&ids=A&Ids=,B"] {
            assert_eq!(
                Query::parse(raw).unwrap().list("ids").unwrap().unwrap(),
                ["A", "B"],
                "{raw}"
            );
        }
        assert_eq!(Query::parse("ids=").unwrap().list("ids").unwrap(), None);
    }

    #[test]
    fn the_window_has_defaults_and_refuses_junk() {
        assert_eq!(Query::parse("").unwrap().window().unwrap(), (0, 30));
        assert_eq!(
            Query::parse("skip=5&take=2147483647")
                .unwrap()
                .window()
                .unwrap(),
            (5, TAKE_ALL)
        );
        assert_eq!(Query::parse("take=0").unwrap().window().unwrap(), (0, 0));
        assert!(Query::parse("take=-1").unwrap().window().is_err());
        assert!(Query::parse("skip=x").unwrap().window().is_err());
        assert_eq!(
            Query::parse("partialName=a+b&skip=3")
                .unwrap()
                .with_window(30, 30),
            "?skip=30&take=30&partialName=a%20b"
        );
    }
}
