//! What an agent may say at most. Agents of ours stay far below; one that does not has its session ended, so that what
//! it can take of the server's memory is bounded whoever wrote it. How large a message may be is the wire's business.

use regatta_wire::proto::{ArtifactChunk, Finished, Hello, Output};

/// Largest output message, and largest piece of a file: no agent of ours sends more.
const PIECE_MAX_BYTES: usize = 1024 * 1024;
/// Lines of one output message. An agent of ours sends what it has at 64 KiB.
const LINES_MAX: u64 = 128 * 1024;
/// What a line takes of memory until it is stored, beside its text.
const LINE_BYTES: usize = 32;
/// Texts of a hello.
const HELLO_TEXT_MAX_BYTES: usize = 1_000;
const CAPABILITIES_MAX: usize = 100;
/// Scripts an agent has not been released from.
const OPEN_MAX: usize = 100_000;
/// Words about its progress beyond which a script's are cut.
const PROGRESS_MAX_BYTES: usize = 16 * 1024;
/// Messages in a session about scripts that are not the agent's. A few are no fault: the server may have forgotten.
const STRAYS_MAX: u32 = 1_000;

/// What is wrong, in the words of the log.
type Problem = &'static str;

pub(super) fn check_hello(hello: &Hello) -> Result<(), Problem> {
    let texts = [
        &hello.build,
        &hello.journal_id,
        &hello.hostname,
        &hello.operating_system,
    ];
    let texts = texts.into_iter().chain(&hello.capabilities);
    let tickets = hello.open.iter().map(|open| &open.ticket);
    let is_long = texts
        .chain(tickets)
        .any(|text| text.len() > HELLO_TEXT_MAX_BYTES);
    if is_long || hello.capabilities.len() > CAPABILITIES_MAX || hello.open.len() > OPEN_MAX {
        return Err("a hello of a bad size");
    }
    Ok(())
}

/// The lines of an output that is in order.
pub(super) fn check_output(output: &Output) -> Result<u64, Problem> {
    let lines: u64 = output.runs.iter().map(|run| u64::from(run.lines)).sum();
    let is_large = output.text.len() > PIECE_MAX_BYTES || lines > LINES_MAX;
    if is_large || lines == 0 || !output.text.ends_with('\n') {
        return Err("an output of a bad size");
    }
    let line_feeds = output.text.bytes().filter(|byte| *byte == b'\n').count();
    // A run of no lines costs memory and says nothing.
    if line_feeds as u64 != lines || output.runs.iter().any(|run| run.lines == 0) {
        return Err("an output whose lines do not add up");
    }
    Ok(lines)
}

/// What an output takes of memory on its way.
pub(super) fn output_bytes(output: &Output, lines: u64) -> usize {
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    output.text.len() + size_of_val(&output.runs[..]) + lines.saturating_mul(LINE_BYTES)
}

pub(super) fn check_chunk(chunk: &ArtifactChunk) -> Result<(), Problem> {
    if chunk.content.len() + chunk.name.len() > PIECE_MAX_BYTES {
        return Err("a piece of a file of a bad size");
    }
    Ok(())
}

/// What the end of a script takes of memory on its way.
pub(super) fn finished_bytes(finished: &Finished) -> usize {
    let set = finished.output_variables.iter();
    let texts: usize = set.map(|set| set.name.len() + set.value.len()).sum();
    texts + size_of_val(&finished.output_variables[..]) + finished.message.len()
}

/// A message about progress, cut where it is too long.
pub(super) fn cut_progress(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(PROGRESS_MAX_BYTES));
    message.shrink_to_fit();
    message
}

/// Counts what an agent says about scripts that are not its own, or are over.
#[derive(Default)]
pub(super) struct Strays(u32);

impl Strays {
    pub(super) fn one_more(&mut self) -> Result<(), Problem> {
        self.0 += 1;
        if self.0 > STRAYS_MAX {
            return Err("it keeps speaking of scripts that are not its own");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regatta_wire::proto::Run;

    fn output(text: &str, lines: &[u32]) -> Output {
        let run = |lines: &u32| Run {
            lines: *lines,
            ..Run::default()
        };
        Output {
            text: text.to_owned(),
            runs: lines.iter().map(run).collect(),
            ..Output::default()
        }
    }

    #[test]
    fn an_output_counts_its_lines_exactly_and_in_runs_that_have_some() {
        assert_eq!(check_output(&output("a\nb\n", &[1, 1])), Ok(2));
        for bad in [
            output("a\n", &[1, 0]),
            output("a\n", &[]),
            output("a", &[1]),
            output("a\n", &[2]),
            output("", &[]),
            output(&"\n".repeat(131_073), &[131_073]),
            output(&format!("{}\n", "x".repeat(PIECE_MAX_BYTES)), &[1]),
        ] {
            assert!(check_output(&bad).is_err());
        }
    }

    #[test]
    fn progress_is_cut_between_characters() {
        assert_eq!(cut_progress("short".to_owned()), "short");
        let cut = cut_progress("ä".repeat(PROGRESS_MAX_BYTES));
        assert_eq!(cut.len(), PROGRESS_MAX_BYTES);
        let cut = cut_progress(format!("a{}", "ä".repeat(PROGRESS_MAX_BYTES)));
        assert_eq!(cut.len(), PROGRESS_MAX_BYTES - 1);
    }
}
