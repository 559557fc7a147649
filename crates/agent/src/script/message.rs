//! Service messages: how a script talks to the server on its standard output (Octopus' format).
//!
//! `##octopus[name key='base64' ...]`. Because values are base64, any text is safe in them.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What every message begins with.
pub(crate) const OPENING: &str = "##octopus[";
/// A message longer than this is plain text.
pub(crate) const MESSAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One message, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServiceMessage {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
}

impl ServiceMessage {
    /// Reads what stands between `##octopus[` and `]`; `None` if it is malformed.
    pub(crate) fn parse(body: &str) -> Option<Self> {
        let body: String = body.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let body = body.trim();
        let name_end = body.find(char::is_whitespace).unwrap_or(body.len());
        let (name, mut rest) = body.split_at(name_end);
        if name.is_empty() || name.contains(['=', '\'', '"']) {
            return None;
        }
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return Some(Self {
                    name: name.to_owned(),
                    attributes,
                });
            }
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let (value, after) = after[1..].split_once(quote)?;
            let value = BASE64.decode(value.trim()).ok()?;
            attributes.push((
                key.trim().to_owned(),
                String::from_utf8_lossy(&value).into_owned(),
            ));
            rest = after;
        }
    }

    /// The value of an attribute; names match in any case.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    /// What output must not show from now on.
    pub(crate) fn secret(&self) -> Option<&str> {
        let is_true = |text: &str| text.eq_ignore_ascii_case("true");
        let is_secret = self.name == "mask" || self.get("sensitive").is_some_and(is_true);
        self.get("value").filter(|_| is_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_are_decoded_and_found_in_any_case() {
        let message =
            ServiceMessage::parse("setVariable name='QQ==' Value=\"YiBd\" sensitive='VHJ1ZQ=='")
                .unwrap();
        assert_eq!(message.name, "setVariable");
        assert_eq!(message.get("NAME"), Some("A"));
        assert_eq!(message.get("value"), Some("b ]"));
        assert_eq!(message.get("other"), None);
    }

    #[test]
    fn malformed_messages_are_refused() {
        for body in ["", "  ", "x y", "x y=", "x y='", "x y='!'", "='QQ=='"] {
            assert_eq!(ServiceMessage::parse(body), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(body in ".{0,80}") {
            drop(ServiceMessage::parse(&body));
        }

        #[test]
        fn any_value_survives(value in ".{0,80}") {
            let body = format!("m v='{}'", BASE64.encode(&value));
            let message = ServiceMessage::parse(&body).unwrap();
            prop_assert_eq!(message.get("v"), Some(value.as_str()));
        }
    }
}
