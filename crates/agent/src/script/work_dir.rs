//! Work directories: each running script has one to itself, empty but for the script, readable by its owner only.
//!
//! Making a directory costs more than starting a process does on some file systems, so one that a script left as it
//! found it is given to the next script.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

/// File descriptor under which every script finds its own text.
pub(crate) const BODY_FD: i32 = 900;

/// Makes and takes back work directories under one root.
pub(crate) struct WorkDirs {
    root: PathBuf,
    clean: Vec<String>,
    made: u64,
}

impl WorkDirs {
    /// Uses `root`; what is in it stays until [`Self::remove_others`].
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&root)?;
        Ok(Self {
            root,
            clean: Vec::new(),
            made: 0,
        })
    }

    /// A directory for one script, whose text will appear in it under `script_name`. Returns its name.
    pub(crate) fn take(&mut self, script_name: &str) -> io::Result<String> {
        let suffix = format!("-{script_name}");
        if let Some(at) = self.clean.iter().position(|name| name.ends_with(&suffix)) {
            return Ok(self.clean.swap_remove(at));
        }
        loop {
            self.made += 1;
            let name = format!("{}-{}{suffix}", std::process::id(), self.made);
            let path = self.root.join(&name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    symlink(format!("/proc/self/fd/{BODY_FD}"), path.join(script_name))?;
                    return Ok(name);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Takes a directory back; its content is gone afterwards.
    pub(crate) fn give_back(&mut self, name: String) {
        if self.is_clean(&name) {
            return self.clean.push(name);
        }
        if let Err(error) = std::fs::remove_dir_all(self.path(&name)) {
            tracing::warn!(work_dir = name, %error, "cannot remove a work directory");
        }
    }

    /// Removes what earlier supervisors left, but for the directories named.
    pub(crate) fn remove_others(&self, keep: &[&str]) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.root)? {
            let entry = entry?;
            if keep.iter().any(|name| entry.file_name() == **name) {
                continue;
            }
            let is_dir = entry.file_type()?.is_dir();
            let removed = if is_dir {
                std::fs::remove_dir_all(entry.path())
            } else {
                std::fs::remove_file(entry.path())
            };
            if let Err(error) = removed {
                tracing::warn!(path = %entry.path().display(), %error, "cannot remove a left-over");
            }
        }
        Ok(())
    }

    fn is_clean(&self, name: &str) -> bool {
        let Some((_, script_name)) = name.splitn(3, '-').nth(2).map(|script| ((), script)) else {
            return false;
        };
        let path = self.path(name);
        let only_script = std::fs::read_dir(&path).is_ok_and(|mut entries| {
            entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == script_name))
        });
        only_script && is_our_link(&path.join(script_name))
    }
}

fn is_our_link(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|to| to == Path::new(&format!("/proc/self/fd/{BODY_FD}")))
}
