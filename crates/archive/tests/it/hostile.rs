//! Archives that want something: each is refused with words, and nothing of it lies outside of its folder.

use regatta_core::package::file_name::Packing;

use crate::make::{Bench, Raw, file, gzip, link, record, renamed, tar, tree, zip};

/// Neither a look nor unpacking may let it pass; the words say what is wrong.
fn refused(what: &str, bytes: &[u8], packing: Packing, words: &str) {
    let bench = Bench::new(bytes, packing);
    for (how, result) in [
        ("inspected", bench.inspect()),
        ("unpacked", bench.extract()),
    ] {
        match result {
            Ok(()) => panic!("{what} was {how}: {:?}", tree(&bench.place())),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(words), "{what}, {how}: {text}");
                assert!(!text.contains('\n'), "{text}");
            }
        }
    }
    assert!(bench.outside().is_empty(), "{what}: {:?}", bench.outside());
}

#[test]
fn paths_that_lead_out_are_refused() {
    let outside = "would lie outside";
    for name in [
        "../evil",
        "a/../../evil",
        "/tmp/evil",
        "..\\evil",
        "C:\\evil",
        "\\evil",
    ] {
        refused(
            name,
            &tar(&[file("ok", b"1"), file(name, b"x")]),
            Packing::Tar,
            outside,
        );
        refused(
            name,
            &gzip(&tar(&[file(name, b"x")])),
            Packing::TarGz,
            outside,
        );
        let good = "n".repeat(name.len());
        let bytes = renamed(&zip(&[("ok", b"1"), (&good, b"x")]), &good, name);
        refused(name, &bytes, Packing::Zip, outside);
    }
    let record = record("path", "../../evil");
    let aside = Raw {
        kind: b'x',
        ..file("x", record.as_bytes())
    };
    refused(
        "pax",
        &tar(&[aside, file("harmless", b"x")]),
        Packing::Tar,
        outside,
    );
    let aside = Raw {
        kind: b'L',
        ..file("x", b"../evil\0")
    };
    refused(
        "gnu",
        &tar(&[aside, file("harmless", b"x")]),
        Packing::Tar,
        outside,
    );
}

#[test]
fn links_that_lead_out_are_refused() {
    let leads = "leads to";
    for target in ["/etc", "..", "a/../../x", "../into/../../x"] {
        refused(target, &tar(&[link("l", target)]), Packing::Tar, leads);
    }
    let through = [link("l", ".."), file("l/evil", b"x")];
    refused(
        "a file through a link",
        &tar(&through),
        Packing::Tar,
        "no folder",
    );
    let twice = [link("l", "x"), file("l", b"x")];
    refused(
        "a file in place of a link",
        &tar(&twice),
        Packing::Tar,
        "twice",
    );
    let chain = [file("d/f", b""), link("d/b", ".."), link("a", "d/b/..")];
    refused("a link through a link", &tar(&chain), Packing::Tar, leads);
    for target in ["/etc/passwd", "../evil", "nowhere"] {
        let hard = Raw {
            kind: b'1',
            target,
            ..file("h", b"")
        };
        let bench = Bench::new(&tar(&[hard]), Packing::Tar);
        assert!(
            bench.extract().is_err() && bench.inspect().is_err(),
            "{target}"
        );
    }
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.add_symlink("l", "../../etc", options).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    refused("a link in a zip", &bytes, Packing::Zip, leads);
}

#[test]
fn devices_and_names_nobody_may_have_are_refused() {
    for kind in [b'3', b'4', b'6', b'S', b'Z'] {
        let device = Raw {
            kind,
            ..file("dev", b"")
        };
        refused("a device", &tar(&[device]), Packing::Tar, "device");
    }
    refused(
        "a device of Windows",
        &tar(&[file("aux.c", b"")]),
        Packing::Tar,
        "device on Windows",
    );
    refused(
        "a line break",
        &tar(&[file("a\nb", b"")]),
        Packing::Tar,
        "control characters",
    );
    let twice = tar(&[file("a", b"1"), file("A", b"2")]);
    refused("two names", &twice, Packing::Tar, "twice");
    let twice = renamed(&zip(&[("aa", b"1"), ("bb", b"2")]), "bb", "aa");
    refused("two names in a zip", &twice, Packing::Zip, "duplicate");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let zeros = vec![0; 66 * 1024 * 1024];
    let too_much = "unpacks to more than";
    refused(
        "tar.gz",
        &gzip(&tar(&[file("zeros", &zeros)])),
        Packing::TarGz,
        too_much,
    );
    refused("zip", &zip(&[("zeros", &zeros)]), Packing::Zip, too_much);
    let name = vec![b'n'; 300 * 1024];
    let aside = Raw {
        kind: b'L',
        ..file("x", &name)
    };
    refused(
        "a name",
        &tar(&[aside, file("y", b"")]),
        Packing::Tar,
        "too long",
    );
    // The list says 1 byte, the content is larger.
    let mut lies = zip(&[("f", &[b'x'; 1000])]);
    let said = 1000_u32.to_le_bytes();
    let places: Vec<_> = (0..lies.len() - 4)
        .filter(|at| lies[*at..at + 4] == said)
        .collect();
    assert_eq!(places.len(), 2);
    for at in places {
        lies[at] = 1;
        lies[at + 1] = 0;
    }
    let bench = Bench::new(&lies, Packing::Zip);
    assert!(bench.extract().is_err());
    assert!(std::fs::metadata(bench.place().join("f")).is_ok_and(|file| file.len() <= 2));
}

#[test]
fn archives_that_say_different_things_in_two_places_are_refused() {
    let honest = zip(&[("good", b"1")]);
    let mut lies = honest.clone();
    let first = lies.windows(4).position(|bytes| bytes == b"good").unwrap();
    lies[first..first + 4].copy_from_slice(b"evil");
    refused(
        "two names for one file",
        &lies,
        Packing::Zip,
        "readable zip",
    );
    let mut encrypted = honest;
    let flags = encrypted
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap()
        + 8;
    encrypted[6] |= 1;
    encrypted[flags] |= 1;
    refused("a secret", &encrypted, Packing::Zip, "encrypted");
    let record = record("size", "100");
    let aside = Raw {
        kind: b'x',
        ..file("x", record.as_bytes())
    };
    let hidden = [aside, file("f", &[b'x'; 512])];
    refused("two sizes", &tar(&hidden), Packing::Tar, "another size");
}

#[test]
fn what_is_cut_off_or_something_else_is_refused() {
    let text = b"some text of some length ".repeat(40);
    let plain = tar(&[file("f", &text), file("g", &text)]);
    for (bytes, packing) in [
        (zip(&[("f", &text), ("g", &text)]), Packing::Zip),
        (gzip(&plain), Packing::TarGz),
        (plain, Packing::Tar),
    ] {
        Bench::new(&bytes, packing).inspect().unwrap();
        for length in (0..bytes.len()).step_by(7) {
            // A tar may do without its last zeros.
            let is_padding =
                packing == Packing::Tar && bytes[length..].iter().all(|byte| *byte == 0);
            let bench = Bench::new(&bytes[..length], packing);
            assert!(
                is_padding || bench.inspect().is_err(),
                "{packing:?} of {length} bytes"
            );
        }
        for other in [&b"PK"[..], b"", b"#!/bin/sh\necho", &[0x1f, 0x8b, 8, 0]] {
            refused("no archive", other, packing, "readable");
        }
    }
}

/// Whatever bytes are damaged: an error, or something harmless; never a file outside, never a panic.
#[test]
fn damage_anywhere_stays_inside() {
    let text = b"0123456789".repeat(30);
    let plain = tar(&[file("dir/f", &text), link("l", "dir/f"), file("g", b"x")]);
    for (bytes, packing) in [
        (zip(&[("dir/f", &text), ("g", b"x")]), Packing::Zip),
        (gzip(&plain), Packing::TarGz),
        (plain, Packing::Tar),
    ] {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= [0x01, 0x80, 0xff][at % 3];
            let bench = Bench::new(&damaged, packing);
            drop(bench.extract());
            assert!(
                bench.outside().is_empty(),
                "{packing:?} {at}: {:?}",
                bench.outside()
            );
        }
    }
}
