//! Ranges of versions in NuGet's interval notation: `1.0` (that or later), `[1.0]` (exactly), `[1.0,2.0)`, `(,1.5]`;
//! several joined by commas, as Maven writes them, are alternatives.

use crate::version::Version;

/// Versions that are allowed.
#[derive(Debug, Clone)]
pub struct Range {
    text: String,
    intervals: Vec<Interval>,
}

#[derive(Debug, Clone)]
struct Interval {
    lowest: Option<Bound>,
    highest: Option<Bound>,
}

#[derive(Debug, Clone)]
struct Bound {
    version: Version,
    is_included: bool,
}

/// Why a text is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is not a version range: {why}. Write for example [1.0,2.0) for 1.0 up to but without 2.0, [1.5,] for 1.5 and later, or [1.2.3] for exactly that"
)]
pub struct RangeError {
    pub text: String,
    pub why: String,
}

impl Range {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        self.intervals
            .iter()
            .any(|interval| interval.contains(version))
    }
}

impl std::str::FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let text = text.trim();
        let wrong = |why: String| RangeError {
            text: text.chars().take(200).collect(),
            why,
        };
        let mut intervals = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = if rest.starts_with(['[', '(']) {
                let end = rest.find([']', ')']);
                end.ok_or_else(|| wrong("a bracket is not closed".to_owned()))? + 1
            } else {
                rest.find(',').unwrap_or(rest.len())
            };
            intervals.push(interval(&rest[..end]).map_err(wrong)?);
            rest = rest[end..].trim_start();
            if let Some(after) = rest.strip_prefix(',') {
                rest = after.trim_start();
                if rest.is_empty() {
                    return Err(wrong("it ends with a comma".to_owned()));
                }
            } else if !rest.is_empty() {
                return Err(wrong(format!("'{rest}' stands behind it")));
            }
        }
        if intervals.is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            intervals,
        })
    }
}

impl Interval {
    fn contains(&self, version: &Version) -> bool {
        let above = self.lowest.as_ref().is_none_or(|bound| {
            version > &bound.version || (bound.is_included && version == &bound.version)
        });
        let below = self.highest.as_ref().is_none_or(|bound| {
            version < &bound.version || (bound.is_included && version == &bound.version)
        });
        above && below
    }
}

fn interval(text: &str) -> Result<Interval, String> {
    let text = text.trim();
    let bound = |text: &str, is_included| match text.trim() {
        "" => Ok(None),
        version => version
            .parse()
            .map(|version| {
                Some(Bound {
                    version,
                    is_included,
                })
            })
            .map_err(|error: crate::version::VersionError| error.to_string()),
    };
    let Some(inside) = text.strip_prefix(['[', '(']) else {
        let lowest = bound(text, true)?;
        lowest.as_ref().ok_or("a version is missing")?;
        return Ok(Interval {
            lowest,
            highest: None,
        });
    };
    let (opens, closes) = (text.starts_with('['), text.ends_with(']'));
    let inside = &inside[..inside.len() - 1];
    let Some((low, high)) = inside.split_once(',') else {
        if !(opens && closes) {
            return Err("a single version stands in square brackets".to_owned());
        }
        let exactly = bound(inside, true)?;
        exactly.as_ref().ok_or("a version is missing")?;
        return Ok(Interval {
            lowest: exactly.clone(),
            highest: exactly,
        });
    };
    let (lowest, highest) = (bound(low, opens)?, bound(high, closes)?);
    if let (Some(low), Some(high)) = (&lowest, &highest)
        && (low.version > high.version
            || (low.version == high.version && !(low.is_included && high.is_included)))
    {
        return Err("no version lies in it".to_owned());
    }
    Ok(Interval { lowest, highest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(range: &str, version: &str) -> bool {
        let range: Range = range.parse().unwrap();
        range.contains(&version.parse().unwrap())
    }

    #[test]
    fn intervals_mean_what_nuget_says() {
        for (range, inside, outside) in [
            ("1.0", &["1.0", "1.0.0.1", "9"][..], &["0.9", "1.0-rc"][..]),
            ("[1.0]", &["1.0.0", "1.0+x"], &["1.0.1", "1.0-a"]),
            (
                "[1.0,2.0)",
                &["1.0", "1.9.9", "2.0-beta"],
                &["2.0", "0.9", "1.0-beta"],
            ),
            ("(1.0, 2.0]", &["1.0.1", "2.0"], &["1.0", "2.0.0.1"]),
            ("(,1.5]", &["0.1", "1.5"], &["1.6"]),
            ("[1.0,]", &["1.0", "99"], &["0.9"]),
            ("(,)", &["0", "99"], &[]),
            ("(,1.0],[1.2,)", &["0.5", "1.0", "1.2"], &["1.1"]),
            ("[1.0],[2.0]", &["1.0", "2.0"], &["1.5"]),
            (" [ 1.0 , 2.0 ] ", &["1.5"], &["3"]),
        ] {
            for version in inside {
                assert!(allows(range, version), "{version} is in {range}");
            }
            for version in outside {
                assert!(!allows(range, version), "{version} is not in {range}");
            }
        }
    }

    #[test]
    fn what_is_no_range_says_why() {
        for bad in [
            "",
            "(1.0)",
            "[1.0)",
            "[1.0",
            "1.0]",
            "[2.0,1.0]",
            "[1.0,1.0)",
            "[]",
            "[a,b]",
            "[1.0,2.0,3.0]",
            "[1.0],",
            "[1.0]x",
            "é[",
        ] {
            assert!(bad.parse::<Range>().is_err(), "{bad:?}");
        }
        let text = "[2.0,1.0]".parse::<Range>().unwrap_err().to_string();
        assert!(
            text.starts_with("'[2.0,1.0]' is not a version range: no version lies in it."),
            "{text}"
        );
    }
}
