//! Archives in order, from our own hand and from the tools people use.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use regatta_archive::Wanted;
use regatta_core::package::file_name::Packing;

use crate::make::{Bench, Raw, file, gzip, link, record, tar, tree, zip};

#[test]
fn what_was_packed_comes_out() {
    let entries = [
        Raw {
            kind: b'5',
            ..file("./", b"")
        },
        Raw {
            kind: b'5',
            ..file("bin/", b"")
        },
        file("bin/run.sh", b"echo hi"),
        file("empty", b""),
        link("current", "bin/run.sh"),
        link("bin/up", "../empty"),
        Raw {
            kind: b'1',
            target: "empty",
            ..file("also-empty", b"")
        },
    ];
    let plain = tar(&entries);
    let expected = [
        "also-empty=",
        "bin/",
        "bin/run.sh=echo hi",
        "bin/up->../empty",
        "current->bin/run.sh",
        "empty=",
    ];
    for (bytes, packing) in [(gzip(&plain), Packing::TarGz), (plain, Packing::Tar)] {
        let bench = Bench::new(&bytes, packing);
        bench.inspect().unwrap();
        bench.extract().unwrap();
        assert_eq!(tree(&bench.place()), expected);
        let mode = std::fs::metadata(bench.place().join("bin/run.sh"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(
            mode & 0o6111,
            0o111,
            "it can be run, as nobody else: {mode:o}"
        );
    }
    let bench = Bench::new(
        &zip(&[("bin/run.sh", b"echo hi"), ("a\\b.txt", b"x")]),
        Packing::Zip,
    );
    bench.inspect().unwrap();
    bench.extract().unwrap();
    assert_eq!(
        tree(&bench.place()),
        ["a/", "a/b.txt=x", "bin/", "bin/run.sh=echo hi"]
    );
    Bench::new(&zip(&[]), Packing::Zip).inspect().unwrap();
}

#[test]
fn names_longer_than_a_header_are_put_together() {
    let long = format!("{}/{}.txt", "d".repeat(120), "f".repeat(120));
    let gnu = format!("{long}\0");
    let pax = record("comment", "two\nlines") + &record("path", &long);
    for (kind, name) in [(b'L', gnu.as_bytes()), (b'x', pax.as_bytes())] {
        let aside = Raw {
            kind,
            ..file("aside", name)
        };
        let bench = Bench::new(
            &tar(&[aside, file("short", b"1"), file("short", b"2")]),
            Packing::Tar,
        );
        bench.inspect().unwrap();
        bench.extract().unwrap();
        let all = tree(&bench.place());
        assert!(
            all.contains(&format!("{long}=1")) && all.contains(&"short=2".to_owned()),
            "{all:?}"
        );
    }
}

/// Whatever this machine has to pack with.
#[test]
fn archives_of_common_tools_are_read() {
    let folder = tempfile::TempDir::new().unwrap();
    let content = folder.path().join("content");
    std::fs::create_dir_all(content.join("folder/ü")).unwrap();
    std::fs::write(content.join("folder/ü/file.txt"), "text".repeat(1000)).unwrap();
    std::fs::write(content.join("main.sh"), "echo").unwrap();
    std::os::unix::fs::symlink("folder/ü", content.join("link")).unwrap();
    let archive = folder.path().join("archive");
    let python = |script: &str| vec!["python3".to_owned(), "-c".to_owned(), script.to_owned()];
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let pack = "import shutil; shutil.make_archive('../archive', 'zip', '.'); import os; os.rename('../archive.zip', '../archive')";
    // Written without seeking: sizes stand behind the content.
    let stream = "import zipfile,sys\nclass Out:\n def __init__(s): s.f=open('../archive','wb')\n def write(s,b): return s.f.write(b)\n def flush(s): s.f.flush()\nz=zipfile.ZipFile(Out(),'w',zipfile.ZIP_DEFLATED)\nz.writestr('main.sh','echo')\nz.close()";
    let mut read = 0;
    for (command, packing) in [
        (words("tar cf ../archive ."), Packing::Tar),
        (words("tar czf ../archive ."), Packing::TarGz),
        (words("tar --format=pax -czf ../archive ."), Packing::TarGz),
        (
            words("tar --format=v7 -cf ../archive main.sh"),
            Packing::Tar,
        ),
        (words("zip -qry ../archive.zip ."), Packing::Zip),
        (
            words("jar --create --file ../archive main.sh"),
            Packing::Zip,
        ),
        (python(pack), Packing::Zip),
        (python(stream), Packing::Zip),
    ] {
        drop(std::fs::remove_file(&archive));
        let ran = Command::new(&command[0])
            .args(&command[1..])
            .current_dir(&content)
            .output();
        let Ok(ran) = ran else { continue };
        assert!(
            ran.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        drop(std::fs::rename(folder.path().join("archive.zip"), &archive));
        let bench = Bench::new(&std::fs::read(&archive).unwrap(), packing);
        bench
            .inspect()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        bench
            .extract()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(
            tree(&bench.place()).contains(&"main.sh=echo".to_owned()),
            "{command:?}"
        );
        read += 1;
    }
    assert!(read >= 4, "tar is everywhere");
}

#[test]
fn single_files_are_read_into_memory_within_bounds() {
    let entries = [
        file("./conf/a.json", b"{\"a\":1}"),
        file("conf/b.json", b"{}"),
        file("conf/c.txt", b"c"),
        link("conf/d.json", "a.json"),
    ];
    let zipped: Vec<(&str, &[u8])> = vec![
        ("conf/a.json", b"{\"a\":1}"),
        ("conf/b.json", b"{}"),
        ("conf/c.txt", b"c"),
    ];
    for (bytes, packing) in [
        (gzip(&tar(&entries)), Packing::TarGz),
        (zip(&zipped), Packing::Zip),
    ] {
        let bench = Bench::new(&bytes, packing);
        let is_wanted = |path: &str| path.ends_with(".json");
        let wanted = |bytes_max| Wanted {
            is_wanted: &is_wanted,
            bytes_max,
        };
        // What is a link has no content of its own.
        assert_eq!(
            bench.read(wanted(9)).unwrap(),
            [
                ("conf/a.json".to_owned(), b"{\"a\":1}".to_vec()),
                ("conf/b.json".to_owned(), b"{}".to_vec()),
            ]
        );
        let error = bench.read(wanted(8)).unwrap_err().to_string();
        assert!(
            error.contains("more than 8 bytes together, at 'conf/b.json'"),
            "{error}"
        );
    }
}
