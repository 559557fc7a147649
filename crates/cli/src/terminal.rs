//! The terminal while something is drawn over: its size, keys as they are pressed, and everything back as it was.

use std::io::{IsTerminal as _, Read as _};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use tokio::sync::mpsc;

use crate::text::visible;

/// Columns and rows of standard error's terminal; a usual size where nobody knows.
pub(crate) fn size() -> (usize, usize) {
    match termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            (usize::from(size.ws_col), usize::from(size.ws_row))
        }
        _ => (80, 24),
    }
}

/// Keys without waiting for a line end and without showing them, until this is dropped.
pub(crate) struct Keys {
    before: Option<Termios>,
    receiver: mpsc::UnboundedReceiver<u8>,
}

impl Keys {
    /// `None` where nobody can press any.
    pub(crate) fn listen() -> Option<Self> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let before = termios::tcgetattr(&stdin).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        // A read comes back by itself, so that the thread can end.
        quiet.special_codes[SpecialCodeIndex::VMIN] = 0;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 1;
        termios::tcsetattr(&stdin, OptionalActions::Now, &quiet).ok()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut byte = [0];
            while !sender.is_closed() {
                match std::io::stdin().read(&mut byte) {
                    Ok(0) => {}
                    Ok(_) if sender.send(byte[0]).is_ok() => {}
                    _ => return,
                }
            }
        });
        Some(Self {
            before: Some(before),
            receiver,
        })
    }

    /// The next key; never comes back when there will be none.
    pub(crate) async fn next(keys: &mut Option<Self>) -> u8 {
        match keys {
            Some(keys) => match keys.receiver.recv().await {
                Some(key) => key,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            // If the terminal has gone, there is nothing to put back.
            let _gone = termios::tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
        }
    }
}

/// Asks a question that a person answers with yes or, in any other way, with no.
pub(crate) fn says_yes(question: &str) -> bool {
    let answer = answer(&format!("{question} [y/N] "));
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

/// Asks for one line; an empty one when there is none.
pub(crate) fn answer(question: &str) -> String {
    eprint!("{}", visible(question));
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(_) => line.trim().to_owned(),
        Err(_) => String::new(),
    }
}

/// Asks for one line and reads it from the terminal without showing it.
pub(crate) fn read_hidden(question: &str) -> std::io::Result<String> {
    let stdin = std::io::stdin();
    let before = termios::tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes -= LocalModes::ECHO;
    // What was typed before is forgotten, so only then is there anything to answer.
    termios::tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    eprint!("{question}");
    let mut line = String::new();
    let read = stdin.read_line(&mut line);
    termios::tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    eprintln!();
    read.map(|_| line)
}
