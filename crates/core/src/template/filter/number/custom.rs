//! Custom number formats: `0`, `#`, `.`, `,`, `%`, exponents, literals and sections.

use super::Decimal;

/// A piece of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// `0` (always shown) or `#`.
    Digit {
        always: bool,
    },
    Point,
    /// `E+00`: letter, whether a plus is shown, digits at least.
    Exponent {
        letter: char,
        plus: bool,
        width: usize,
    },
}

struct Section {
    pieces: Vec<Piece>,
    grouped: bool,
    /// Powers of ten the number is moved by: `%` and `‰` up, commas behind the digits down.
    shift: i32,
}

pub(super) fn format(number: &Decimal, format: &str) -> Option<String> {
    let sections = split(format);
    let zero = number.is_zero();
    let (text, hides_sign) = match sections.as_slice() {
        [_, _, third] if zero => (third, true),
        [_, second, ..] if number.negative && !zero && !second.is_empty() => (second, true),
        [first, ..] => (first, false),
        [] => return None,
    };
    let section = parse(text)?;
    Some(section.write(number.clone().shifted(section.shift)?, hides_sign))
}

/// Splits at `;` outside of quotes.
fn split(format: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote, mut escaped) = (Vec::new(), 0, None, false);
    for (at, c) in format.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            ';' if quote.is_none() => {
                parts.push(&format[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&format[start..]);
    parts
}

fn parse(text: &str) -> Option<Section> {
    let mut section = Section {
        pieces: Vec::new(),
        grouped: false,
        shift: 0,
    };
    let (mut rest, mut point, mut commas) = (text, false, 0);
    while let Some(c) = rest.chars().next() {
        let mut used = c.len_utf8();
        match c {
            '0' | '#' => {
                section.grouped |= commas > 0 && !point;
                commas = 0;
                section.pieces.push(Piece::Digit { always: c == '0' });
            }
            '.' if !point => {
                point = true;
                section.shift -= 3 * std::mem::take(&mut commas);
                section.pieces.push(Piece::Point);
            }
            '.' => {}
            ',' if !point && section.has_digit() => commas += 1,
            ',' => {}
            '%' | '‰' => {
                section.shift += if c == '%' { 2 } else { 3 };
                section.literal(&rest[..used]);
            }
            '\'' | '"' => {
                let length = rest[1..].find(c)?;
                section.literal(&rest[1..=length]);
                used = length + 2;
            }
            '\\' => {
                let escaped = rest[1..].chars().next()?;
                section.literal(&rest[1..1 + escaped.len_utf8()]);
                used += escaped.len_utf8();
            }
            'e' | 'E' => match exponent(rest) {
                Some((piece, length)) => {
                    section.pieces.push(piece);
                    used = length;
                }
                None => section.literal(&rest[..used]),
            },
            _ => section.literal(&rest[..used]),
        }
        rest = &rest[used..];
    }
    section.shift -= 3 * commas;
    Some(section)
}

fn exponent(rest: &str) -> Option<(Piece, usize)> {
    let letter = rest.chars().next()?;
    let signed = rest[1..].starts_with(['+', '-']);
    let digits = &rest[1 + usize::from(signed)..];
    let width = digits.len() - digits.trim_start_matches('0').len();
    let piece = Piece::Exponent {
        letter,
        plus: rest[1..].starts_with('+'),
        width,
    };
    (width > 0).then_some((piece, 1 + usize::from(signed) + width))
}

impl Section {
    fn literal(&mut self, text: &str) {
        self.pieces.push(Piece::Literal(text.to_owned()));
    }

    fn has_digit(&self) -> bool {
        self.digits(true) > 0
    }

    /// Places for digits before the point, or behind it.
    fn digits(&self, before: bool) -> usize {
        let point = self
            .pieces
            .iter()
            .position(|piece| *piece == Piece::Point)
            .unwrap_or(self.pieces.len());
        let (whole, fraction) = self.pieces.split_at(point);
        let side = if before { whole } else { fraction };
        side.iter()
            .filter(|piece| matches!(piece, Piece::Digit { .. }))
            .count()
    }

    fn write(&self, number: Decimal, hides_sign: bool) -> String {
        let has_exponent = self
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Exponent { .. }));
        let (before, places) = (self.digits(true), self.digits(false));
        let mut exponent = 0;
        let mut number = number;
        if has_exponent && !number.is_zero() {
            exponent = number.scientific(before.max(1) + places).1 + 1
                - i32::try_from(before.max(1)).unwrap_or(1);
            number = number.clone().shifted(-exponent).unwrap_or(number);
        }
        let rounded = number.rounded(places);
        let mut out = String::new();
        if !hides_sign {
            out.push_str(rounded.sign());
        }
        self.write_pieces(&rounded, exponent, &mut out);
        out
    }

    fn write_pieces(&self, number: &Decimal, exponent: i32, out: &mut String) {
        let before = self.digits(true);
        let forced = self.forced(before);
        let (mut slot, mut behind) = (0, 0);
        let mut point = false;
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Digit { .. } if !point => {
                    self.whole_digits(number, (slot, before, forced), out);
                    slot += 1;
                }
                Piece::Digit { .. } => {
                    self.fraction_digit(number, behind, out);
                    behind += 1;
                }
                Piece::Point => {
                    point = true;
                    if before == 0 && !number.whole.is_empty() {
                        out.push_str(&number.whole);
                    }
                    if self.shows_fraction(number, 0) {
                        out.push('.');
                    }
                }
                Piece::Exponent {
                    letter,
                    plus,
                    width,
                } => {
                    let sign = if exponent < 0 {
                        "-"
                    } else if *plus {
                        "+"
                    } else {
                        ""
                    };
                    out.push_str(&format!("{letter}{sign}{:0width$}", exponent.abs()));
                }
            }
        }
    }

    /// Digits before the point that are shown even when zero: from the first `0` on.
    fn forced(&self, before: usize) -> usize {
        let digits = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Digit { always } => Some(*always),
            _ => None,
        });
        digits
            .take(before)
            .position(|always| always)
            .map_or(0, |first| before - first)
    }

    /// What stands in one place before the point; the first place takes all digits that have none.
    fn whole_digits(
        &self,
        number: &Decimal,
        (slot, before, forced): (usize, usize, usize),
        out: &mut String,
    ) {
        let width = number.whole.len().max(forced);
        let digits = format!("{:0>width$}", number.whole);
        let digits = if width == 0 { "" } else { digits.as_str() };
        let right = before - slot;
        let first = if slot == 0 {
            digits.len()
        } else {
            right.min(digits.len())
        };
        for position in ((right - 1)..first).rev() {
            out.push_str(&digits[digits.len() - 1 - position..digits.len() - position]);
            if self.grouped && position > 0 && position % 3 == 0 {
                out.push(',');
            }
        }
    }

    fn fraction_digit(&self, number: &Decimal, position: usize, out: &mut String) {
        if self.shows_fraction(number, position) {
            out.push_str(&number.fraction[position..=position]);
        }
    }

    /// Whether anything from this place behind the point on is shown: a digit, or a `0` that forces one.
    fn shows_fraction(&self, number: &Decimal, position: usize) -> bool {
        let behind = self
            .pieces
            .iter()
            .skip_while(|piece| **piece != Piece::Point);
        let mut places = behind.filter_map(|piece| match piece {
            Piece::Digit { always } => Some(*always),
            _ => None,
        });
        let filled = number
            .fraction
            .get(position..)
            .is_some_and(|rest| rest.bytes().any(|b| b != b'0'));
        filled || places.by_ref().skip(position).any(|always| always)
    }
}
