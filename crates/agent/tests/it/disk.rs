//! What cannot be written down is not started.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use regatta_core::engine::event::Outcome;

use crate::rig::{Rig, bash, succeeded};

/// A small file system of its own over the agent's directory; gone with it. `None` where mounting is not allowed.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn under(dir: &Path) -> Option<Self> {
        let kept =
            ["agent.json", "key.pem"].map(|name| (name, std::fs::read(dir.join(name)).unwrap()));
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs"])
            .arg(dir)
            .output();
        if !mount.is_ok_and(|mount| mount.status.success()) {
            return None;
        }
        kept.into_iter()
            .for_each(|(name, bytes)| std::fs::write(dir.join(name), bytes).unwrap());
        Some(Self(dir.to_owned()))
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0; 1]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _status = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_starts_and_is_recovered_from() {
    let mut rig = Rig::without_agent().await;
    let Some(disk) = SmallDisk::under(&rig.agent_dir()) else {
        return eprintln!("skipped: no file system may be mounted here");
    };
    rig.start_link();
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
    disk.fill();
    // The journal's last page may have room for a few more entries.
    let refused = loop {
        match rig.run(bash("true")).await.end.outcome {
            Outcome::NotStarted { message } => break message,
            outcome => assert!(succeeded(&outcome), "{outcome:?}"),
        }
    };
    assert!(refused.contains("journal"), "{refused}");
    disk.free();
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
    drop(rig);
}

#[tokio::test]
async fn a_damaged_journal_is_noticed_and_what_it_shows_is_kept() {
    let mut rig = Rig::new().await;
    let ticket = rig.send(bash("echo ready; exec sleep 1000"));
    rig.wait_for_line(&ticket, "ready").await;
    rig.kill_link();
    rig.kill_supervisor();
    let path = rig.agent_dir().join("journal");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([1, 2, 3]);
    std::fs::write(&path, bytes).unwrap();
    rig.start_link();
    rig.wait_for_connection().await;
    assert!(rig.agent_dir().join("journal.damaged").exists());
    rig.gateway.stop(&ticket, 0);
    assert_eq!(rig.finish(&ticket).await.end.outcome, Outcome::Canceled);
}
