use super::*;

#[test]
fn the_present_is_handed_in() {
    check_all(
        &[("X", "x")],
        &[
            ("#{ | NowDate}", "2026-11-23T14:34:56.7890000"),
            ("#{ | NowDateUtc}", "2026-11-23T12:34:56.7890000Z"),
            ("#{ | NowDate yyyy-MM-dd}", "2026-11-23"),
            ("#{ | NowDateUtc \"HH:mm\"}", "12:34"),
            ("#{X | NowDate}", "#{X | NowDate}"),
            ("#{ | NowDate yyyy MM}", "#{ | NowDate yyyy MM}"),
        ],
    );
}

#[test]
fn dates_move() {
    check_all(
        &[
            ("D", "2026-02-27T10:00:00"),
            ("Z", "2026-02-27T10:00:00Z"),
            ("O", "2026-02-27T10:00:00.5+02:00"),
            ("N", "no date"),
        ],
        &[
            ("#{D | AddDays 2}", "2026-03-01T10:00:00.0000000"),
            ("#{Z | AddDays -27}", "2026-01-31T10:00:00.0000000Z"),
            ("#{Z | AddHours 1.5}", "2026-02-27T11:30:00.0000000Z"),
            ("#{O | AddHours -11}", "2026-02-26T23:00:00.5000000+02:00"),
            ("#{N | AddDays 1}", "#{N | AddDays 1}"),
            ("#{D | AddDays}", "#{D | AddDays}"),
            ("#{D | AddDays x}", "#{D | AddDays x}"),
            ("#{D | AddDays 1e99}", "#{D | AddDays 1e99}"),
        ],
    );
}

#[test]
fn standard_date_formats() {
    for (format, expected) in [
        ("d", "11/03/2026"),
        ("D", "Tuesday, 03 November 2026"),
        ("f", "Tuesday, 03 November 2026 15:04"),
        ("F", "Tuesday, 03 November 2026 15:04:05"),
        ("g", "11/03/2026 15:04"),
        ("G", "11/03/2026 15:04:05"),
        ("M", "November 03"),
        ("O", "2026-11-03T15:04:05.1230000"),
        ("R", "Tue, 03 Nov 2026 15:04:05 GMT"),
        ("s", "2026-11-03T15:04:05"),
        ("t", "15:04"),
        ("T", "15:04:05"),
        ("u", "2026-11-03 15:04:05Z"),
        ("y", "2026 November"),
    ] {
        check(
            &format!("#{{V | Format {format}}}"),
            &[("V", "2026-11-03 15:04:05.123")],
            expected,
        );
    }
    check("#{V | Format Q}", &[("V", "2026-11-03")], "#{V | Format Q}");
}

#[test]
fn custom_date_formats() {
    for (format, expected) in [
        ("yyyy/MM/dd", "2026/11/03"),
        ("yy-M-d", "26-11-3"),
        ("ddd dddd MMM MMMM", "Tue Tuesday Nov November"),
        ("HH:mm:ss", "15:04:05"),
        ("h:m:s tt", "3:4:5 PM"),
        ("hh t", "03 P"),
        ("ss.f", "05.1"),
        ("ss.fffffff", "05.1230000"),
        ("ss.FFFFF", "05.123"),
        ("HH'h'mm", "15h04"),
        ("yyyyMMddTHHmmss", "20261103T150405"),
        ("%d", "3"),
        ("\\yyy", "y26"),
        ("zzz", "+02:00"),
        ("zz z", "+02 +2"),
        ("HH:mm K", "15:04 +02:00"),
        ("yyyyy", "02026"),
    ] {
        check(
            &format!("#{{V | Format date \"{format}\"}}"),
            &[("V", "2026-11-03T15:04:05.123+02:00")],
            expected,
        );
    }
}

#[test]
fn dates_are_read_in_many_spellings() {
    for value in [
        "2026-11-03",
        "2026-11-03T00:00",
        "2026/11/3",
        "11/3/2026",
        "3 Nov 2026",
        "03-November-2026",
        "Tue, 03 Nov 2026 00:00:00 GMT",
        "11/3/2026 12:00 AM",
        " 2026-11-03 00:00:00.000Z ",
    ] {
        check(
            "#{V | Format yyyyMMddHHmm}",
            &[("V", value)],
            "202611030000",
        );
    }
    for value in [
        "2026-13-01",
        "2026-02-30",
        "yesterday",
        "2026-11-03 25:00",
        "2026-11-03T10:00+99",
        "12 Foo 2026",
    ] {
        check("#{V | Format yyyy}", &[("V", value)], "#{V | Format yyyy}");
    }
}
