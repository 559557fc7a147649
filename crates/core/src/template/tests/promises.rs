use proptest::prelude::*;

use super::*;

/// Pieces that meet in templates often enough to find odd combinations.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "#{",
            "}",
            "##{",
            "#",
            "[",
            "]",
            "*",
            ".",
            "|",
            "\"",
            "\\\"",
            " ",
            "\n",
            "A",
            "B",
            "C.D",
            "if ",
            "#{if ",
            "#{/if}",
            "#{else}",
            "#{elseif ",
            "unless ",
            "#{each x in ",
            "#{/each}",
            "calc ",
            "+",
            "-",
            "/",
            "(",
            ")",
            "{",
            "==",
            "!=",
            "ToLower",
            "Format",
            "Replace",
            "Substring",
            "Truncate",
            "NowDate",
            "1",
            "-5",
            "99999999999999999999",
            "é",
            "null",
            "#{A}",
            "#{B | ToUpper}",
            "Indent",
            "UriPart",
            "0.0#E+0;x",
            "yyyy",
            "AddDays",
            "😀",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

fn small() -> Limits {
    Limits {
        fuel: 5_000,
        depth: 20,
        text_bytes: 10_000,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)))]

    #[test]
    fn nothing_panics_and_limits_hold(template in text(), a in text(), b in text(), cd in text()) {
        let bindings = bindings(&[("A", &a), ("B", &b), ("C.D", &cd), ("E[1]", &a), ("E[2].X", &b)]);
        let mut evaluator = Evaluator::new(&bindings, CLOCK, small());
        if let Ok(evaluated) = evaluator.evaluate(&Source::template(Text::plain(template))) {
            prop_assert!(evaluated.text.len() <= small().text_bytes);
            prop_assert!(!evaluated.sensitive);
        }
        let (_, errors) = parse::lenient(&a);
        prop_assert!(errors.len() <= a.len());
    }

    #[test]
    fn text_without_a_brace_is_untouched(template in "[^{]{0,40}") {
        let evaluated = evaluate(&template, &[]).unwrap();
        prop_assert_eq!(evaluated.text, template);
        prop_assert!(evaluated.unresolved.is_empty());
    }

    #[test]
    fn data_is_never_evaluated(data in text()) {
        let entries = vec![
            Binding::new("Data", Source::data(Text::plain(data.as_str()))),
            Binding::new("Uses", Source::template(Text::plain("#{Data}"))),
            Binding::new("A", Source::template(Text::plain("INJECTED"))),
            Binding::new("B", Source::template(Text::plain("INJECTED"))),
        ];
        let bindings = Bindings::new(entries);
        let mut evaluator = Evaluator::new(&bindings, CLOCK, Limits::default());
        for template in ["#{Data}", "#{Uses}", "#{if Data == \"\"}#{else}#{Data}#{/if}", "#{Data | Append \"\"}"] {
            let evaluated = evaluator.evaluate(&Source::template(Text::plain(template))).unwrap();
            prop_assert_eq!(&evaluated.text, &data, "{}", template);
        }
    }

    #[test]
    fn an_escaped_text_comes_back(text in text()) {
        // Only lone `#` before `#{` changes how many signs there are, so texts with `##` are left out.
        prop_assume!(!text.contains("##"));
        let escaped = text.replace("#{", "##{");
        prop_assert_eq!(evaluate(&escaped, &[]).unwrap().text, text);
    }

    #[test]
    fn whatever_a_secret_says_is_sensitive(template in text(), value in "[a-z]{8}") {
        let bindings = Bindings::new(vec![
            Binding::new("A", Source::template(secret(&value))),
            Binding::new("B", Source::template(Text::plain("b"))),
        ]);
        let evaluated = Evaluator::new(&bindings, CLOCK, small()).evaluate(&Source::template(Text::plain(template.as_str())));
        if let Ok(evaluated) = evaluated {
            prop_assert!(evaluated.sensitive || template.contains(&value) || !evaluated.text.to_lowercase().contains(&value));
        }
    }
}

#[test]
fn repetition_inside_repetition_runs_out_of_fuel() {
    let mut variables = vec![("V0".to_owned(), "x".repeat(100))];
    for n in 1..30 {
        variables.push((format!("V{n}"), format!("#{{V{m}}}#{{V{m}}}", m = n - 1)));
    }
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let error = evaluate("#{V29}", &variables).unwrap_err();
    assert!(
        matches!(
            error,
            EvalError::Fuel { .. } | EvalError::TextTooLong { .. }
        ),
        "{error}"
    );
}

#[test]
fn long_chains_are_an_error_not_an_overflow() {
    let variables: Vec<_> = (0..500)
        .map(|n| (format!("V{n}"), format!("#{{V{}}}", n + 1)))
        .collect();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert!(matches!(
        evaluate("#{V0}", &variables),
        Err(EvalError::Depth { .. })
    ));

    for (open, close) in [
        ("#{if A}", "#{/if}"),
        ("#{A | Append ", "}"),
        ("#{A[", "]}"),
        ("#{A[#{", "}]}"),
        ("#{calc ((((", "))))}"),
    ] {
        let nested = format!("{}A{}", open.repeat(5_000), close.repeat(5_000));
        let _evaluated = evaluate(&nested, &[("A", "1")]);
    }
    let sum = format!("#{{calc 0{}}}", "+1".repeat(20_000));
    check(&sum, &[], "20000");
}

#[test]
fn a_secret_is_not_read_from_json_that_refers_to_itself() {
    let error = evaluate("#{J.a}", &[("J", r##"{"a": "#{J.a}"}"##)]).unwrap_err();
    assert!(
        matches!(error, EvalError::Depth { .. } | EvalError::Cycle { .. }),
        "{error}"
    );
}
