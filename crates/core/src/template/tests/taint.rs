use super::*;

fn with_secret(template: &str) -> Evaluated {
    let bindings = Bindings::new(vec![
        Binding::new("Pwd", Source::template(secret("s3cret!"))),
        Binding::new(
            "Json",
            Source::template(secret(r#"{"user": "u", "list": ["one", "two"]}"#)),
        ),
        Binding::new("List", Source::template(secret("first,second"))),
        Binding::new("Odd", Source::template(secret("a#{Hidden}b"))),
        Binding::new("Broken", Source::template(secret("pa#{ss%word"))),
        Binding::new(
            "Conn",
            Source::template(Text::plain("User=u;Password=#{Pwd}")),
        ),
        Binding::new("Open", Source::template(Text::plain("open"))),
        Binding::new("Key", Source::template(secret("Open"))),
        Binding::new("M[open]", Source::template(Text::plain("mapped"))),
        Binding::new("OpenKey", Source::template(secret("open"))),
        Binding::new("Digit", Source::template(secret("4"))),
    ]);
    Evaluator::new(&bindings, CLOCK, Limits::default())
        .evaluate(&Source::template(Text::plain(template)))
        .unwrap()
}

#[test]
fn whatever_a_secret_touches_is_sensitive() {
    for (template, sensitive) in [
        ("#{Open}", false),
        ("#{Pwd}", true),
        ("x#{Conn}y", true),
        ("#{Pwd | ToUpper}", true),
        ("#{Pwd | Md5}", true),
        ("#{Open | Append #{Pwd}}", true),
        ("#{Open | Replace #{Pwd} x}", true),
        ("#{Json.user}", true),
        ("#{each x in List}#{x}#{/each}", true),
        ("#{if Pwd}yes#{/if}", true),
        ("#{if Pwd == \"x\"}yes#{else}no#{/if}", true),
        ("#{if Open == Pwd}yes#{else}no#{/if}", true),
        ("#{unless Pwd}x#{/unless}", true),
        ("#{Pwd | Contains s3}", true),
        ("#{M[#{OpenKey}]}", true),
        ("#{calc Digit + 1}", true),
        ("#{if Open}#{Open}#{else}#{Pwd}#{/if}", false),
        ("#{Missing}", false),
        ("#{each x in Json.list}.#{/each}", true),
    ] {
        assert_eq!(with_secret(template).sensitive, sensitive, "{template}");
    }
}

#[test]
fn what_filters_make_of_secrets_is_listed_for_masking() {
    let derived = |template: &str| -> Vec<String> {
        with_secret(template)
            .derived
            .iter()
            .map(|secret| secret.expose().to_owned())
            .collect()
    };
    assert_eq!(
        derived("#{Pwd | ToUpper | Append x}"),
        ["S3CRET!", "S3CRET!x"]
    );
    assert_eq!(derived("#{Json.user} #{Json.list[1]}"), ["u", "two"]);
    assert_eq!(
        derived("#{each x in List}#{x}#{/each}"),
        ["first", "second"]
    );
    assert!(derived("#{Pwd | Contains s3}").is_empty());
    assert!(derived("#{Open | ToUpper}").is_empty());
}

#[test]
fn no_report_and_no_debug_output_quotes_a_secret() {
    for template in ["#{Odd}", "#{Broken}", "#{Pwd | Nope}"] {
        let evaluated = with_secret(template);
        assert_eq!(evaluated.unresolved.len(), 1, "{template}");
        let shown = format!("{} {evaluated:?}", evaluated.unresolved[0]);
        for part in ["Hidden", "ss%word", "pa#", "s3cret"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
    assert!(matches!(with_secret("#{Pwd}").into_text(), Text::Secret(_)));
    assert!(matches!(with_secret("#{Open}").into_text(), Text::Plain(_)));
}
