//! What a terminal showed over time, as an SVG that plays it. Viewers that do not move show the end.

use std::fmt::Write as _;
use std::time::Duration;

use vt100::{Cell, Color, Parser, Screen};

/// Pictures closer together than this are one.
const FRAME_MIN: Duration = Duration::from_millis(150);
/// How long the end stays before it begins again.
const END: Duration = Duration::from_secs(5);
const CELL_WIDTH: f64 = 8.43;
const LINE_HEIGHT: usize = 19;

pub(crate) struct Animation {
    parser: Parser,
    rows: u16,
    columns: u16,
    /// When each picture came, and the picture.
    frames: Vec<(Duration, String)>,
}

impl Animation {
    pub(crate) fn new(rows: u16, columns: u16, prompt: &str) -> Self {
        let mut parser = Parser::new(rows, columns, 0);
        parser.process(format!("{prompt}\r\n").as_bytes());
        let mut animation = Self {
            parser,
            rows,
            columns,
            frames: Vec::new(),
        };
        animation.take(Duration::ZERO);
        animation
    }

    pub(crate) fn write(&mut self, at: Duration, bytes: &[u8]) {
        self.parser.process(bytes);
        self.take(at);
    }

    fn take(&mut self, at: Duration) {
        let picture = self.picture(self.parser.screen());
        match self.frames.last_mut() {
            Some((_, last)) if *last == picture => {}
            Some((began, last)) if at - *began < FRAME_MIN && *began > Duration::ZERO => {
                *last = picture;
            }
            _ => self.frames.push((at, picture)),
        }
    }

    /// The rows of a screen as SVG texts.
    fn picture(&self, screen: &Screen) -> String {
        let mut svg = String::new();
        for row in 0..self.rows {
            let spans = spans(screen, row, self.columns);
            if spans.is_empty() {
                continue;
            }
            let y = usize::from(row) * LINE_HEIGHT + 30;
            write!(svg, "<text y=\"{y}\">").expect("writing to a String never fails");
            for (column, style, text) in spans {
                let x = f64::from(column) * CELL_WIDTH + 16.0;
                write!(
                    svg,
                    "<tspan x=\"{x:.0}\" class=\"{style}\">{}</tspan>",
                    escaped(&text)
                )
                .expect("writing to a String never fails");
            }
            svg.push_str("</text>\n");
        }
        svg
    }

    pub(crate) fn svg(&self) -> String {
        let end = self
            .frames
            .last()
            .map_or(END, |(at, _)| *at + END)
            .as_secs_f64();
        let width = f64::from(self.columns) * CELL_WIDTH + 32.0;
        let height = usize::from(self.rows) * LINE_HEIGHT + 32;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" role=\"img\" \
             aria-label=\"A deployment watched in a terminal\">\n<style>\n\
             text {{ font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #e6e6e6; white-space: pre; }}\n\
             .b {{ font-weight: bold; }} .q {{ fill: #9aa0aa; }} .g {{ fill: #7ddc8a; }} .r {{ fill: #ff7a7a; }} .c {{ fill: #7cc7ff; }} .m {{ fill: #d6a2ff; }}\n"
        );
        let last = self.frames.len().saturating_sub(1);
        for (number, (at, _)) in self.frames.iter().enumerate() {
            let from = at.as_secs_f64() / end * 100.0;
            let to = self
                .frames
                .get(number + 1)
                .map_or(100.0, |(next, _)| next.as_secs_f64() / end * 100.0);
            let hidden = if number == last {
                ""
            } else {
                " visibility: hidden;"
            };
            writeln!(
                svg,
                "#f{number} {{{hidden} animation: k{number} {end:.2}s step-end infinite; }} \
                 @keyframes k{number} {{ 0% {{ visibility: hidden; }} {from:.2}% {{ visibility: visible; }} {to:.2}% {{ visibility: hidden; }} }}"
            )
            .expect("writing to a String never fails");
        }
        svg.push_str(
            "</style>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n",
        );
        for (number, (_, picture)) in self.frames.iter().enumerate() {
            writeln!(svg, "<g id=\"f{number}\">\n{picture}</g>")
                .expect("writing to a String never fails");
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Runs of cells that look the same: first column, class, text.
fn spans(screen: &Screen, row: u16, columns: u16) -> Vec<(u16, &'static str, String)> {
    let mut spans: Vec<(u16, &'static str, String)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let style = class(cell);
        match spans.last_mut() {
            Some((_, known, run)) if *known == style => run.push_str(text),
            _ => spans.push((column, style, text.to_owned())),
        }
    }
    if let Some((_, _, last)) = spans.last_mut() {
        last.truncate(last.trim_end().len());
    }
    spans.retain(|(_, _, text)| !text.trim().is_empty());
    spans
}

fn class(cell: &Cell) -> &'static str {
    match cell.fgcolor() {
        Color::Idx(1) => "r",
        Color::Idx(2) => "g",
        Color::Idx(5) => "m",
        Color::Idx(6) => "c",
        _ if cell.bold() => "b",
        _ if cell.dim() => "q",
        _ => "",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
