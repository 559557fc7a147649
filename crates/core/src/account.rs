//! Accounts: credentials that steps and targets name instead of holding them. What each kind must have.
//!
//! Octopus' clients rebuild typed accounts from what is answered and drop a whole list when one does not fit, so
//! an account that lacks what its kind needs is refused here (octopus-api §2.3).

use serde_json::Value;

use crate::json::api_enum;

api_enum! {
    /// The kinds of account.
    AccountType {
        UsernamePassword,
        SshKeyPair,
        Token,
        AmazonWebServicesAccount,
        AmazonWebServicesOidcAccount,
        AzureServicePrincipal,
        AzureOidc,
        AzureSubscription,
        GoogleCloudAccount,
        GoogleCloudOidcAccount,
        GenericOidcAccount,
    }
}

/// What one key of an account must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Text,
    Uuid,
    Secret,
}

/// Why an account cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    #[error("{key}: a {account} account needs it.")]
    Missing {
        account: AccountType,
        key: &'static str,
    },
    #[error("{key}: '{found}' is no UUID such as 95bf77d2-64b1-4ed2-9de1-b5451e3881f5.")]
    NotUuid { key: &'static str, found: String },
}

impl AccountType {
    /// The keys an account of this kind must have.
    #[must_use]
    pub const fn needs(self) -> &'static [(&'static str, Needs)] {
        use Needs::{Secret, Text, Uuid};
        match self {
            Self::UsernamePassword => &[("Username", Text)],
            Self::SshKeyPair => &[("Username", Text), ("PrivateKeyFile", Secret)],
            Self::Token => &[("Token", Secret)],
            Self::AmazonWebServicesAccount => &[("AccessKey", Text), ("SecretKey", Secret)],
            Self::AmazonWebServicesOidcAccount => &[("RoleArn", Text)],
            Self::AzureServicePrincipal => &[
                ("SubscriptionNumber", Uuid),
                ("ClientId", Uuid),
                ("TenantId", Uuid),
                ("Password", Secret),
            ],
            Self::AzureOidc => &[
                ("SubscriptionNumber", Uuid),
                ("ClientId", Uuid),
                ("TenantId", Uuid),
            ],
            Self::AzureSubscription => &[("SubscriptionNumber", Uuid)],
            Self::GoogleCloudAccount => &[("JsonKey", Secret)],
            Self::GoogleCloudOidcAccount | Self::GenericOidcAccount => &[],
        }
    }

    /// What a variable that names such an account gives besides the id: the name behind the variable's own, and the
    /// key of the account's document.
    #[must_use]
    pub const fn parts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::UsernamePassword => &[("Username", "Username"), ("Password", "Password")],
            Self::SshKeyPair => &[
                ("Username", "Username"),
                ("PrivateKeyFile", "PrivateKeyFile"),
                ("PassPhrase", "PrivateKeyPassphrase"),
            ],
            Self::Token => &[("Token", "Token")],
            Self::AmazonWebServicesAccount => &[
                ("AccessKey", "AccessKey"),
                ("SecretKey", "SecretKey"),
                ("Region", "Region"),
            ],
            Self::AmazonWebServicesOidcAccount => &[
                ("RoleArn", "RoleArn"),
                ("SessionDuration", "SessionDuration"),
                ("Region", "Region"),
            ],
            Self::AzureServicePrincipal => &[
                ("SubscriptionNumber", "SubscriptionNumber"),
                ("Client", "ClientId"),
                ("TenantId", "TenantId"),
                ("Password", "Password"),
            ],
            Self::AzureOidc => &[
                ("SubscriptionNumber", "SubscriptionNumber"),
                ("Client", "ClientId"),
                ("TenantId", "TenantId"),
            ],
            Self::AzureSubscription => &[
                ("SubscriptionNumber", "SubscriptionNumber"),
                ("CertificateThumbprint", "CertificateThumbprint"),
            ],
            Self::GoogleCloudAccount => &[("JsonKey", "JsonKey")],
            Self::GoogleCloudOidcAccount | Self::GenericOidcAccount => &[],
        }
    }

    /// Everything an account of this kind lacks. `value` gives what is under a key; a secret counts when there is
    /// one, new or kept.
    #[must_use]
    pub fn lacks(self, value: impl Fn(&str) -> Option<Value>) -> Vec<AccountRefusal> {
        let mut refused = Vec::new();
        for (key, needs) in self.needs() {
            let found = value(key);
            let text = found.as_ref().and_then(Value::as_str).unwrap_or_default();
            match needs {
                Needs::Secret if !has_secret(found.as_ref()) => {
                    refused.push(AccountRefusal::Missing { account: self, key });
                }
                Needs::Text | Needs::Uuid if text.trim().is_empty() => {
                    refused.push(AccountRefusal::Missing { account: self, key });
                }
                Needs::Uuid if !is_uuid(text.trim()) => refused.push(AccountRefusal::NotUuid {
                    key,
                    found: text.to_owned(),
                }),
                Needs::Text | Needs::Uuid | Needs::Secret => {}
            }
        }
        refused
    }
}

fn has_secret(value: Option<&Value>) -> bool {
    let Some(Value::Object(secret)) = value else {
        return false;
    };
    let new = secret.get("NewValue").and_then(Value::as_str);
    new.is_some_and(|new| !new.is_empty())
        || secret.get("HasValue").and_then(Value::as_bool) == Some(true)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    groups.len() == lengths.len()
        && groups.iter().zip(lengths).all(|(group, length)| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_says_what_it_lacks() {
        let account = json!({
            "SubscriptionNumber": "95bf77d2-64b1-4ed2-9de1-b5451e3881f5",
            "ClientId": "not-a-uuid",
            "Password": { "HasValue": false, "NewValue": null },
        });
        let of = |account: Value| move |key: &str| account.get(key).cloned();
        let messages: Vec<String> = AccountType::AzureServicePrincipal
            .lacks(of(account))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            messages,
            [
                "ClientId: 'not-a-uuid' is no UUID such as 95bf77d2-64b1-4ed2-9de1-b5451e3881f5.",
                "TenantId: a AzureServicePrincipal account needs it.",
                "Password: a AzureServicePrincipal account needs it.",
            ]
        );
        let kept = json!({ "Token": { "HasValue": true, "NewValue": null } });
        assert!(AccountType::Token.lacks(of(kept)).is_empty());
    }
}
