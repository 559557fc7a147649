//! .NET's format strings for numbers, in the invariant culture. Works on decimal digits, so
//! nothing is lost to binary fractions.

mod custom;

/// A number as decimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Before the point, without leading zeros; empty for 0.x.
    whole: String,
    /// Behind the point, as written.
    fraction: String,
}

/// Longest number read, in bytes.
const DIGITS_MAX: usize = 400;

impl Decimal {
    /// Reads `-1,234.50` and the like; white space around it and an exponent are allowed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > DIGITS_MAX {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.replace(',', "");
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(&whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
            return None;
        }
        Self {
            negative,
            whole,
            fraction: fraction.to_owned(),
        }
        .shifted(exponent)
    }

    pub(super) fn is_whole(&self) -> bool {
        self.fraction.bytes().all(|b| b == b'0')
    }

    fn is_zero(&self) -> bool {
        self.is_whole() && self.whole.is_empty()
    }

    /// Moves the point to the right by `places`, to the left for a negative number.
    fn shifted(mut self, places: i32) -> Option<Self> {
        let count = places.unsigned_abs() as usize;
        if count > DIGITS_MAX {
            return None;
        }
        if places >= 0 {
            let moved: String = self
                .fraction
                .chars()
                .chain(std::iter::repeat('0'))
                .take(count)
                .collect();
            self.fraction = self.fraction.chars().skip(count).collect();
            self.whole.push_str(&moved);
        } else {
            let padded = format!("{}{}", "0".repeat(count), self.whole);
            let at = padded.len() - count;
            self.fraction.insert_str(0, &padded[at..]);
            self.whole = padded[..at].to_owned();
        }
        self.whole = self.whole.trim_start_matches('0').to_owned();
        Some(self)
    }

    /// Rounds to `places` behind the point, halves away from zero, padding with zeros.
    fn rounded(&self, places: usize) -> Self {
        let mut digits: Vec<u8> = format!("0{}{}", self.whole, self.fraction).into_bytes();
        let keep = 1 + self.whole.len() + places;
        let rounds_up = digits.get(keep).is_some_and(|digit| *digit >= b'5');
        digits.resize(keep, b'0');
        if rounds_up {
            for digit in digits.iter_mut().rev() {
                if *digit == b'9' {
                    *digit = b'0';
                } else {
                    *digit += 1;
                    break;
                }
            }
        }
        let digits: String = digits.into_iter().map(char::from).collect();
        let (whole, fraction) = digits.split_at(keep - places);
        Self {
            negative: self.negative,
            whole: whole.trim_start_matches('0').to_owned(),
            fraction: fraction.to_owned(),
        }
    }

    fn whole_or_zero(&self) -> &str {
        if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        }
    }

    /// The sign shown: none for a number that was rounded to zero.
    fn sign(&self) -> &'static str {
        if self.negative && !self.is_zero() {
            "-"
        } else {
            ""
        }
    }

    fn fixed(&self, places: usize, grouped: bool) -> String {
        let rounded = self.rounded(places);
        let whole = if grouped {
            group(rounded.whole_or_zero())
        } else {
            rounded.whole_or_zero().to_owned()
        };
        match places {
            0 => whole,
            _ => format!("{whole}.{}", rounded.fraction),
        }
    }

    /// The first `significant` digits and the power of ten of the first one.
    fn scientific(&self, significant: usize) -> (String, i32) {
        let digits = format!("{}{}", self.whole, self.fraction);
        let zeros = digits.len() - digits.trim_start_matches('0').len();
        if zeros == digits.len() {
            return ("0".repeat(significant), 0);
        }
        let point = i32::try_from(self.whole.len()).unwrap_or(i32::MAX);
        let exponent = point - 1 - i32::try_from(zeros).unwrap_or(i32::MAX);
        let one_digit = Self {
            negative: false,
            whole: digits[zeros..=zeros].to_owned(),
            fraction: digits[zeros + 1..].to_owned(),
        };
        let rounded = one_digit.rounded(significant - 1);
        let carried = rounded.whole.len() > 1;
        let shown: String = format!("{}{}", rounded.whole, rounded.fraction)
            .chars()
            .take(significant)
            .collect();
        (shown, exponent + i32::from(carried))
    }
}

fn group(whole: &str) -> String {
    let mut out = String::with_capacity(whole.len() * 4 / 3);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What kind of number is formatted: some formats are for some kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int32,
    Double,
    Decimal,
}

/// Most digits a precision may ask for.
const PRECISION_MAX: usize = 100;

/// Formats by a standard format such as `N2` or a custom one such as `#,##0.00`; `None` when not valid.
pub(super) fn format(number: &Decimal, kind: Kind, format: &str) -> Option<String> {
    let mut chars = format.chars();
    let letter = chars.next().unwrap_or('G');
    let precision = chars.as_str();
    let is_standard = letter.is_ascii_alphabetic()
        && precision.len() <= 3
        && precision.bytes().all(|b| b.is_ascii_digit());
    if !is_standard {
        return custom::format(number, format);
    }
    let precision = precision.parse().ok();
    if precision.is_some_and(|digits: usize| digits > PRECISION_MAX) {
        return None;
    }
    standard(number, kind, letter, precision)
}

fn standard(
    number: &Decimal,
    kind: Kind,
    letter: char,
    precision: Option<usize>,
) -> Option<String> {
    let places = precision.unwrap_or(2);
    let sign = number.rounded(places).sign();
    match letter.to_ascii_uppercase() {
        'F' => Some(format!("{sign}{}", number.fixed(places, false))),
        'N' => Some(format!("{sign}{}", number.fixed(places, true))),
        'C' if sign.is_empty() => Some(format!("¤{}", number.fixed(places, true))),
        'C' => Some(format!("(¤{})", number.fixed(places, true))),
        'P' => {
            let percent = number.clone().shifted(2)?;
            Some(format!(
                "{}{} %",
                percent.rounded(places).sign(),
                percent.fixed(places, true)
            ))
        }
        'D' if kind == Kind::Int32 => Some(format!(
            "{}{:0>width$}",
            number.sign(),
            number.whole_or_zero(),
            width = precision.unwrap_or(1)
        )),
        'X' if kind == Kind::Int32 => hex(number, letter, precision.unwrap_or(1)),
        'E' => Some(exponential(number, letter, precision.unwrap_or(6))),
        'G' => Some(general(number, letter, precision.unwrap_or(0))),
        'R' if kind == Kind::Double => Some(general(number, 'G', 0)),
        _ => None,
    }
}

fn hex(number: &Decimal, letter: char, width: usize) -> Option<String> {
    let value: i32 = format!("{}{}", number.sign(), number.whole_or_zero())
        .parse()
        .ok()?;
    Some(if letter == 'x' {
        format!("{value:0width$x}")
    } else {
        format!("{value:0width$X}")
    })
}

fn exponential(number: &Decimal, letter: char, places: usize) -> String {
    let (digits, exponent) = number.scientific(places + 1);
    let sign = if exponent < 0 { '-' } else { '+' };
    let point = if places == 0 { "" } else { "." };
    format!(
        "{}{}{point}{}{letter}{sign}{:03}",
        number.sign(),
        &digits[..1],
        &digits[1..],
        exponent.abs()
    )
}

/// As few digits as say it all, or at most `significant` of them.
fn general(number: &Decimal, letter: char, significant: usize) -> String {
    let plain = |number: &Decimal| match number.fraction.as_str() {
        "" => format!("{}{}", number.sign(), number.whole_or_zero()),
        fraction => format!("{}{}.{fraction}", number.sign(), number.whole_or_zero()),
    };
    if significant == 0 {
        return plain(number);
    }
    let (digits, exponent) = number.scientific(significant);
    let digits = digits.trim_end_matches('0');
    let limit = i32::try_from(significant).unwrap_or(i32::MAX);
    if exponent >= limit || exponent <= -5 {
        let e = if letter == 'g' { 'e' } else { 'E' };
        let sign = if exponent < 0 { '-' } else { '+' };
        let point = if digits.len() > 1 { "." } else { "" };
        return format!(
            "{}{}{point}{}{e}{sign}{:02}",
            number.sign(),
            &digits[..1],
            &digits[1..],
            exponent.abs()
        );
    }
    let places = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    let mut rounded = number.rounded(places);
    rounded
        .fraction
        .truncate(rounded.fraction.trim_end_matches('0').len());
    plain(&rounded)
}
