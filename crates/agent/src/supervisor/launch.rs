//! From a start on the wire to a process: accept, make durable, wait for a slot, run. What cannot be journalled is
//! refused: better not started than perhaps started twice.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};
use std::time::Duration;

use regatta_wire::proto::{Ending, ScriptFile, Start};

use super::open_ticket::{OpenTicket, Output, Running};
use super::poll::Token;
use super::running::READ_PAUSE;
use super::timers::Due;
use super::{Supervisor, packages};
use crate::clock::now_ms;
use crate::journal::{self, Kind, Recovered};
use crate::script::lines::{Lines, Stream};
use crate::script::mask::Masker;
use crate::script::process::Child;
use crate::ticket::TicketId;

impl Supervisor {
    /// Takes a start. For a ticket known already nothing is started; its state is (or was) reported.
    pub(super) fn accept(&mut self, start: Start) {
        let Some(id) = TicketId::parse(&start.ticket) else {
            return tracing::warn!("a start without a valid ticket was dropped");
        };
        if self.tickets.contains_key(&id) {
            self.discard_packages(&start);
            return self.resume(id, 1, &[]);
        }
        if self.journal.is_spent(id) {
            return self.refuse_spent(id, start);
        }
        if let Err(stale) = self.epochs.admit(&start.task, start.epoch, id) {
            return self.refuse(id, start, &stale.to_string());
        }
        let accepted = journal::Accepted {
            ticket: id.to_bytes(),
            task: start.task.clone(),
            epoch: start.epoch,
        };
        if let Err(error) = self
            .mend_journal()
            .and_then(|()| self.journal.append([Kind::Accepted(accepted)]))
        {
            return self.refuse(id, start, &journal_message(&error));
        }
        let mut ticket = OpenTicket::new(id, start, &self.spool_dir);
        ticket.accepted_entry = self.journal.written();
        self.tickets.insert(id, ticket);
        self.queue.push_back(id);
    }

    /// After a failed sync nobody knows what is on disk: only a journal written anew can be trusted.
    fn mend_journal(&mut self) -> io::Result<()> {
        if self.journal.synced().is_ok() {
            return Ok(());
        }
        let open = self.open_for_journal();
        self.journal.compact(&open)
    }

    pub(super) fn open_for_journal(&self) -> Recovered {
        Recovered {
            tickets: self
                .tickets
                .iter()
                .map(|(id, ticket)| (*id, ticket.for_journal()))
                .collect(),
        }
    }

    /// Answers a start that is not carried out. Nothing is journalled: the server may send it again any time.
    fn refuse(&mut self, id: TicketId, start: Start, message: &str) {
        self.discard_packages(&start);
        let mut ticket = OpenTicket::new(id, start, &self.spool_dir);
        ticket.finish(Ending::NotStarted, 0, message.to_owned(), now_ms());
        self.tickets.insert(id, ticket);
        self.has_news(id);
    }

    fn refuse_spent(&mut self, id: TicketId, start: Start) {
        self.discard_packages(&start);
        let mut ticket = OpenTicket::new(id, start, &self.spool_dir);
        let message =
            "the agent was told long ago that this ticket is done; it does not run it again";
        ticket.finish(Ending::Unknown, 0, message.to_owned(), now_ms());
        if let Some(finished) = &mut ticket.finished {
            finished.released = true;
        }
        self.tickets.insert(id, ticket);
        self.has_news(id);
    }

    /// Starts as many scripts as there are slots, of those whose acceptance is durable.
    pub(super) fn launch_ready(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        if self.journal.written() > 0 {
            self.journal.request_sync();
        }
        let synced = match self.journal.synced() {
            Ok(synced) => synced,
            Err(error) => return self.refuse_queue(&error),
        };
        while self.runs.len() < self.slots as usize {
            let Some(id) = self.queue.front().copied() else {
                return;
            };
            let Some(ticket) = self.tickets.get(&id) else {
                self.queue.pop_front();
                continue;
            };
            if ticket.accepted_entry > synced {
                return;
            }
            self.queue.pop_front();
            self.launch(id);
        }
    }

    fn refuse_queue(&mut self, error: &io::Error) {
        for id in std::mem::take(&mut self.queue) {
            self.end_unstarted(id, Ending::NotStarted, &journal_message(error));
        }
    }

    /// Ends a ticket that has no process.
    pub(super) fn end_unstarted(&mut self, id: TicketId, ending: Ending, message: &str) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        ticket.finish(ending, 0, message.to_owned(), now_ms());
        if let Some(work_dir) = ticket.work_dir.take() {
            self.work_dirs.give_back(work_dir);
        }
        if let Some(start) = ticket.start.take() {
            self.discard_packages(&start);
        }
        self.note_exit(id);
    }

    /// What was put ready for a script that does not start goes.
    fn discard_packages(&self, start: &Start) {
        packages::discard(&packages::ready_dir(&self.data_dir), &start.packages);
    }

    fn launch(&mut self, id: TicketId) {
        let Some(start) = self
            .tickets
            .get_mut(&id)
            .and_then(|ticket| ticket.start.take())
        else {
            return;
        };
        let unlaunched = match packages::problem(&start.packages) {
            Some(problem) => Err(Unlaunched::Never(problem)),
            None => self.try_launch(id, &start),
        };
        let Err(unlaunched) = unlaunched else {
            return;
        };
        self.discard_packages(&start);
        match unlaunched {
            Unlaunched::NotNow(why) => self.end_unstarted(id, Ending::NotStarted, &why),
            Unlaunched::Never(why) => self.end_unstarted(id, Ending::Refused, &why),
        }
    }

    fn try_launch(&mut self, id: TicketId, start: &Start) -> Result<(), Unlaunched> {
        self.interpreters.look_again_for(start);
        let invocation = self
            .interpreters
            .invocation(start)
            .map_err(Unlaunched::Never)?;
        let dir_error = |error: io::Error| {
            Unlaunched::NotNow(format!("cannot make the script's work directory: {error}"))
        };
        let work_dir = self
            .work_dirs
            .take(invocation.script_name)
            .map_err(dir_error)?;
        let path = self.work_dirs.path(&work_dir);
        let ticket = self.tickets.get_mut(&id).expect("its start was taken");
        ticket.work_dir = Some(work_dir.clone());
        write_files(&path, &start.files)?;
        let placed = with_packages(&self.data_dir, &path, start).map_err(Unlaunched::NotNow)?;
        let invocation = match &placed {
            Some(placed) => self
                .interpreters
                .invocation(placed)
                .map_err(Unlaunched::Never)?,
            None => invocation,
        };
        let at_ms = now_ms();
        let deadline_ms = if start.timeout_ms > 0 {
            at_ms.saturating_add(start.timeout_ms)
        } else {
            0
        };
        let started = journal::Started {
            ticket: id.to_bytes(),
            at_ms,
            deadline_ms,
            work_dir,
            fail_on_error_output: start.fail_on_error_output,
        };
        self.journal
            .append([Kind::Starting(started.clone())])
            .map_err(|error| Unlaunched::NotNow(journal_message(&error)))?;
        let child = self
            .surroundings
            .spawn(&invocation, &start.arguments, &ticket.text, &path)
            .map_err(|error| not_spawned(invocation.program, &error))?;
        let running = journal::Running {
            ticket: id.to_bytes(),
            pid: child.pid.as_raw_pid(),
        };
        let noted = self.journal.append([Kind::Running(running)]);
        if let Err(error) = noted.and_then(|()| child.let_go()) {
            child.give_up();
            return Err(Unlaunched::NotNow(journal_message(&error)));
        }
        ticket.started = Some(started);
        self.last_run += 1;
        let run = self.last_run;
        ticket.running = Some(running_script(run, child, start));
        self.runs.insert(run, id);
        self.watch_end(id);
        // Most scripts of a graph are short: their output is then read once, with their end.
        for stream in [Stream::Out, Stream::Err] {
            self.timers.after(READ_PAUSE, Due::Read(run, stream));
        }
        if start.timeout_ms > 0 {
            self.timers.after(
                Duration::from_millis(start.timeout_ms.unsigned_abs()),
                Due::Timeout(id),
            );
        }
        self.has_news(id);
        Ok(())
    }

    /// Begins to wait for a script's end.
    pub(super) fn watch_end(&mut self, id: TicketId) {
        let Some(running) = self
            .tickets
            .get_mut(&id)
            .and_then(|ticket| ticket.running.as_mut())
        else {
            return;
        };
        if let Some(pidfd) = &running.pidfd {
            self.poller.resume(pidfd, Token::Exit(running.run));
        }
    }

    /// Begins to listen to a script's streams.
    pub(super) fn watch_outputs(&mut self, id: TicketId) {
        let Some(running) = self
            .tickets
            .get_mut(&id)
            .and_then(|ticket| ticket.running.as_mut())
        else {
            return;
        };
        for (output, token) in [
            (&mut running.out, Token::Out(running.run)),
            (&mut running.err, Token::Err(running.run)),
        ] {
            // A server that comes back asks again.
            if let Some(fd) = output.fd.as_ref().filter(|_| !output.is_watched) {
                self.poller.resume(fd, token);
                output.is_watched = true;
            }
        }
    }
}

/// The start with the places of its packages among its variables; `None` when it has none.
fn with_packages(data_dir: &Path, work_dir: &Path, start: &Start) -> Result<Option<Start>, String> {
    if start.packages.is_empty() {
        return Ok(None);
    }
    let ready = packages::ready_dir(data_dir);
    let mut placed = start.clone();
    placed
        .variables
        .extend(packages::place(&ready, work_dir, &start.packages)?);
    Ok(Some(placed))
}

/// Why there is no process. Nothing of the script ran.
enum Unlaunched {
    /// Another time it may go well.
    NotNow(String),
    /// It needs something that is not here, or is not in order itself.
    Never(String),
}

fn not_spawned(program: &Path, error: &io::Error) -> Unlaunched {
    let why = format!("cannot start {}: {error}", program.display());
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ArgumentListTooLong => Unlaunched::Never(why),
        _ => Unlaunched::NotNow(why),
    }
}

fn running_script(run: u64, child: Child, start: &Start) -> Running {
    let secrets = start
        .variables
        .iter()
        .filter(|variable| variable.sensitive)
        .map(|variable| variable.value.as_str());
    let output = |fd, stream| Output {
        fd: Some(fd),
        lines: Lines::new(stream),
        is_watched: false,
    };
    Running {
        run,
        pid: child.pid,
        pidfd: Some(child.pidfd),
        is_child: true,
        out: output(child.stdout, Stream::Out),
        err: output(child.stderr, Stream::Err),
        masker: Masker::new(secrets.chain(start.masks.iter().map(String::as_str))),
        message: String::new(),
        warnings: false,
        wrote_error: false,
        fail_on_error_output: start.fail_on_error_output,
        noted: journal::Noted::default(),
        looks: 0,
        is_cut_off: false,
        stop: None,
    }
}

fn journal_message(error: &io::Error) -> String {
    format!("the agent cannot write its journal, so it starts nothing: {error}")
}

/// Places the files that belong to a script. Paths that lead out of the directory are refused.
fn write_files(dir: &Path, files: &[ScriptFile]) -> Result<(), Unlaunched> {
    for file in files {
        let relative = Path::new(&file.path);
        let is_inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_inside || file.path.is_empty() {
            return Err(Unlaunched::Never(format!(
                "the file {:?} does not belong into the work directory",
                file.path
            )));
        }
        let path = dir.join(relative);
        let written = std::fs::create_dir_all(path.parent().unwrap_or(dir)).and_then(|()| {
            let mut options = std::fs::OpenOptions::new();
            let mut target = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)?;
            io::Write::write_all(&mut target, &file.content)
        });
        written.map_err(|error| {
            Unlaunched::NotNow(format!(
                "cannot write {:?} into the work directory: {error}",
                file.path
            ))
        })?;
    }
    Ok(())
}
