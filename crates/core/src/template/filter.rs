//! The filters. Each is a function from a text and options to a text; `None` leaves the
//! expression in the result as it was written (Octopus' rule), so that nothing is lost silently.

use super::eval::Clock;

mod date;
mod dotnet_date;
mod encode;
mod escape;
mod format;
mod markdown;
mod number;
mod text;
mod uri;
mod version;

/// What a filter is called with.
struct Input<'a> {
    /// `None` when the variable is missing.
    value: Option<&'a str>,
    options: &'a [&'a str],
    clock: Clock,
}

type Filter = fn(&Input<'_>) -> Option<String>;

/// Name, usage for people, function; sorted by name. `null` is part of the evaluator.
const FILTERS: &[(&str, &str, Filter)] = &[
    ("AddDays", "AddDays amount", date::add_days),
    ("AddHours", "AddHours amount", date::add_hours),
    ("Append", "Append text...", text::append),
    ("Contains", "Contains text", text::contains),
    ("EndsWith", "EndsWith text", text::ends_with),
    ("Format", "Format [type] format", format::format),
    (
        "FromBase64",
        "FromBase64 [utf8|unicode]",
        encode::from_base64,
    ),
    ("HtmlEscape", "HtmlEscape", escape::html),
    (
        "Indent",
        "Indent [count | first/rest | /rest | text [text]]",
        text::indent,
    ),
    ("JsonEscape", "JsonEscape", escape::json),
    ("Markdown", "Markdown", markdown::to_html),
    ("MarkdownToHtml", "MarkdownToHtml", markdown::to_html),
    ("Match", "Match regex", text::matches),
    ("Md5", "Md5 [bytes] [utf8|unicode]", encode::md5),
    ("NowDate", "NowDate [format]", date::now),
    ("NowDateUtc", "NowDateUtc [format]", date::now_utc),
    ("Prepend", "Prepend text...", text::prepend),
    (
        "PropertiesKeyEscape",
        "PropertiesKeyEscape",
        escape::properties_key,
    ),
    (
        "PropertiesValueEscape",
        "PropertiesValueEscape",
        escape::properties_value,
    ),
    ("Replace", "Replace regex [replacement]", text::replace),
    ("Sha1", "Sha1 [bytes] [utf8|unicode]", encode::sha1),
    ("Sha256", "Sha256 [bytes] [utf8|unicode]", encode::sha256),
    ("Sha384", "Sha384 [bytes] [utf8|unicode]", encode::sha384),
    ("Sha512", "Sha512 [bytes] [utf8|unicode]", encode::sha512),
    ("StartsWith", "StartsWith text", text::starts_with),
    ("Substring", "Substring [start] length", text::substring),
    ("ToBase64", "ToBase64 [utf8|unicode]", encode::to_base64),
    ("ToLower", "ToLower", text::to_lower),
    ("ToUpper", "ToUpper", text::to_upper),
    ("Trim", "Trim [start|end]", text::trim),
    ("Truncate", "Truncate length [suffix]", text::truncate),
    ("UriDataEscape", "UriDataEscape", escape::uri_data),
    ("UriEscape", "UriEscape", escape::uri),
    ("UriPart", "UriPart part", uri::part),
    ("VersionMajor", "VersionMajor", version::major),
    ("VersionMetadata", "VersionMetadata", version::metadata),
    ("VersionMinor", "VersionMinor", version::minor),
    ("VersionPatch", "VersionPatch", version::patch),
    (
        "VersionPreRelease",
        "VersionPreRelease",
        version::pre_release,
    ),
    (
        "VersionPreReleaseCounter",
        "VersionPreReleaseCounter",
        version::pre_release_counter,
    ),
    (
        "VersionPreReleasePrefix",
        "VersionPreReleasePrefix",
        version::pre_release_prefix,
    ),
    ("VersionRevision", "VersionRevision", version::revision),
    ("XmlEscape", "XmlEscape", escape::xml),
    (
        "YamlDoubleQuoteEscape",
        "YamlDoubleQuoteEscape",
        escape::yaml_double,
    ),
    (
        "YamlSingleQuoteEscape",
        "YamlSingleQuoteEscape",
        escape::yaml_single,
    ),
];

/// Applies a filter by its name in any case; `None` when there is none such or it cannot do this.
#[must_use]
pub fn apply(name: &str, value: Option<&str>, options: &[&str], clock: Clock) -> Option<String> {
    let (_, _, filter) = FILTERS
        .iter()
        .find(|(known, _, _)| known.eq_ignore_ascii_case(name))?;
    filter(&Input {
        value,
        options,
        clock,
    })
}

/// Name and usage of every filter, for help and documentation.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILTERS
        .iter()
        .map(|(name, usage, _)| (*name, *usage))
        .chain([("null", "null")])
}

/// How much longer than copying a filter takes for the same bytes: patterns walk a text in many states at once.
pub(super) fn cost(name: &str) -> u64 {
    let is_pattern = ["Match", "Replace"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    if is_pattern { 64 } else { 1 }
}

/// Filters whose answer says something about a text but holds nothing of it.
pub(super) fn answers_yes_or_no(name: &str) -> bool {
    ["Match", "StartsWith", "EndsWith", "Contains"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

impl<'a> Input<'a> {
    /// The value, of a filter without options.
    fn alone(&self) -> Option<&'a str> {
        if self.options.is_empty() {
            self.value
        } else {
            None
        }
    }

    /// The value and the only option.
    fn with_one(&self) -> Option<(&'a str, &'a str)> {
        match self.options {
            [option] => Some((self.value?, option)),
            _ => None,
        }
    }
}

fn yes_or_no(answer: bool) -> String {
    answer.to_string()
}
