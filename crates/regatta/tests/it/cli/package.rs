//! Packages from the command line: into the feed and out of it again, byte for byte, and what is refused on the way.

use std::path::PathBuf;

use serde_json::json;

use super::exit::interrupt;
use super::shell::{Shell, steady};
use super::unlikely::{answer, serving};
use crate::installation::Installation;
use crate::packages::tar_gz;

/// A package of this version in the home folder, with so many bytes that cannot be packed smaller.
fn packed(shell: &Shell, file: &str, noise_bytes: usize) -> PathBuf {
    let folder = shell.home.join(format!("of {file}"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..noise_bytes)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    std::fs::write(folder.join("noise"), noise).unwrap();
    let path = shell.home.join(file);
    std::fs::write(&path, tar_gz(&folder)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_into_the_feed_and_come_back() {
    let installation = Installation::start().await;
    let shell = Shell::of(&installation);
    let files = [
        "Acme.Web.1.0.1.tar.gz",
        "Acme.Web.1.0.10.tar.gz",
        "Tools.2.0.0-rc.1.tar.gz",
    ];
    for (file, length) in files.iter().zip([100, 20_000_000, 200]) {
        packed(&shell, file, length);
    }
    let push = [&["package", "push"], &files[..]].concat();
    let pushed = shell.run(&[&push[..], &["-o", "id"]].concat()).await;
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    assert_eq!(
        pushed.out,
        "packages-Acme.Web.1.0.1\npackages-Acme.Web.1.0.10\npackages-Tools.2.0.0-rc.1\n"
    );
    let told: Vec<&str> = pushed.err.lines().collect();
    let quarters: Vec<&&str> = told.iter().filter(|line| line.contains(" % of ")).collect();
    assert_eq!(quarters.len(), 4, "{told:?}");
    assert!(quarters[3].starts_with("Acme.Web.1.0.10.tar.gz: 100 % of 19."));
    assert!(told[0].starts_with("Pushed Acme.Web 1.0.1 ("), "{told:?}");

    for (arguments, file) in [
        (&["Acme.Web"][..], files[1]),
        (&["acme.web", "1.0.1.0"], files[0]),
        (&["packages-Tools.2.0.0-rc.1"], files[2]),
    ] {
        let to = shell.home.join("fetched");
        std::fs::create_dir_all(&to).unwrap();
        let fetch = [&["package", "download"], arguments, &["--to", "fetched"]].concat();
        shell.out(&fetch).await;
        let fetched: Vec<_> = std::fs::read_dir(&to).unwrap().collect();
        assert_eq!(fetched.len(), 1, "nothing but the file: {fetched:?}");
        let content = std::fs::read(to.join(file)).unwrap();
        assert!(content == std::fs::read(shell.home.join(file)).unwrap());

        let again = shell.run(&fetch).await;
        assert_eq!(
            again.code, 2,
            "what is there is not replaced: {}",
            again.err
        );
        let piped = [&["package", "download"], arguments, &["--to", "-"]].concat();
        let piped = shell.command(&piped).output().await.unwrap();
        assert!(piped.status.success() && piped.stdout == content);
        std::fs::remove_dir_all(to).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_only_changed_when_asked() {
    let installation = Installation::start().await;
    let shell = Shell::of(&installation);
    let file = "Acme.Web.1.0.0.tar.gz";
    packed(&shell, file, 100);
    let push = ["package", "push", file];
    let mode = |mode| [&push[..], &["--overwrite-mode", mode]].concat();
    let hash = async || shell.json(&["package", "view", "Acme.Web"]).await["Hash"].clone();
    shell.out(&push).await;
    let first = hash().await;
    packed(&shell, file, 200);
    let twice = shell.run(&push).await;
    assert_eq!(twice.code, 5, "{}", twice.err);
    assert!(twice.err.contains("--overwrite-mode"), "{}", twice.err);
    shell.out(&mode("ignore")).await;
    assert_eq!(hash().await, first);
    shell.out(&mode("overwrite")).await;
    assert_ne!(hash().await, first);

    // What went before the one that is refused is told.
    packed(&shell, "Good.1.0.tar.gz", 10);
    std::fs::write(shell.home.join("Bad.1.0.zip"), "no archive").unwrap();
    let some = [
        "package",
        "push",
        "Good.1.0.tar.gz",
        "Bad.1.0.zip",
        "-o",
        "id",
    ];
    let some = shell.run(&some).await;
    assert_eq!(some.code, 6, "{}", some.err);
    assert_eq!(some.out, "packages-Good.1.0\n");
    assert!(some.err.contains("Bad.1.0.zip: "), "{}", some.err);
    for (arguments, code) in [
        (["push", "missing.1.0.zip"], 3),
        (["push", "."], 2),
        (["push", "Bad.1.0.zip/"], 2),
    ] {
        let ran = shell.run(&[&["package"], &arguments[..]].concat()).await;
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
    }
    std::fs::write(shell.home.join("nameless.zip"), "").unwrap();
    let nameless = shell
        .run(&["package", "push", "Good.1.0.tar.gz", "nameless.zip"])
        .await;
    assert_eq!(nameless.code, 6, "{}", nameless.err);
    assert!(nameless.err.contains("id.version.extension"));
}

/// A server with one package, which answers this for its file. Its address.
fn offering(file: String) -> String {
    let space = json!({"Id": "Spaces-1", "IsDefault": true});
    let spaces = json!({"TotalResults": 1, "Items": [space]}).to_string();
    let package = json!({
        "Id": "packages-Acme.Web.1.0", "PackageId": "Acme.Web", "Version": "1.0", "FileExtension": ".zip",
        "PackageSizeBytes": 100, "Hash": "0".repeat(64),
    });
    serving(move |path| match path {
        path if path.ends_with("/raw") => file.clone(),
        path if path.starts_with("/api/spaces") => answer("200 OK", &spaces),
        _ => answer("200 OK", &package.to_string()),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_whole_or_not_there() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let folder = shell.home.join("fetched");
    std::fs::create_dir_all(&folder).unwrap();
    let inside = || {
        std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap())
    };
    let fetch = [
        "package",
        "download",
        "packages-Acme.Web.1.0",
        "--to",
        "fetched",
    ];

    shell.set("REGATTA_URL", &offering(answer("200 OK", "other")));
    let damaged = shell.run(&fetch).await;
    assert_eq!(damaged.code, 1, "{}", damaged.err);
    assert!(damaged.err.contains("SHA-256"), "{}", damaged.err);
    assert_eq!(inside().count(), 0);

    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_owned();
    shell.set("REGATTA_URL", &offering(half));
    let child = shell.command(&fetch).spawn().unwrap();
    installation
        .until("half of it has come", async || {
            let lengths = inside().map(|entry| entry.metadata().map_or(0, |found| found.len()));
            (lengths.sum::<u64>() == 4).then_some(())
        })
        .await;
    interrupt(&child);
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(inside().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_as_people_see_them() {
    let installation = Installation::start().await;
    let shell = Shell::of(&installation);
    for version in ["1.0.9", "1.0.10", "2.0.0-rc.1"] {
        let file = format!("Acme.Web.{version}.tar.gz");
        packed(&shell, &file, 100);
        shell.out(&["package", "push", &file]).await;
    }
    packed(&shell, "Tools.3.0.tar.gz", 10);
    shell.out(&["package", "push", "Tools.3.0.tar.gz"]).await;
    let commands: &[&[&str]] = &[
        &["package", "list"],
        &[
            "package",
            "list",
            "--filter",
            "tool",
            "-o",
            "template=#{PackageId} #{Version}",
        ],
        &["package", "versions", "acme.web"],
        &["package", "view", "Acme", "1.0.10.0"],
        &["package", "view", "Acme.Web", "1.0.1"],
        &["package", "notes", "Acme.Web"],
        &["package", "notes", "Acme.Web", "--jq", ".Version"],
        &["package", "delete", "Acme", "1.0.9", "--yes"],
        &["package", "delete", "Acme.Web", "1.0.9", "1.0.1", "--yes"],
        &["package", "delete", "Acme.Web", "1.0.9"],
        &[
            "package", "delete", "Acme.Web", "1.0.9", "1.0.9.0", "2.0-rc.1", "--yes",
        ],
        &["package", "list", "-q"],
        &["package", "view", "Acme.Wob"],
    ];
    let mut shown = String::new();
    for command in commands {
        let ran = shell.run(command).await;
        let (command, out, err) = (command.join(" "), ran.out, ran.err);
        shown.push_str(&format!(
            "$ regatta {command}\n{out}{err}[{}]\n\n",
            ran.code
        ));
    }
    // What tar and gzip make of a folder differs from day to day.
    let shown = regex::Regex::new(r"[0-9a-f]{64}|\b\d+ B\b")
        .unwrap()
        .replace_all(&shown, "DIFFERS");
    insta::assert_snapshot!(steady(&shown, &installation));
}
