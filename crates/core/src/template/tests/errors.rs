use super::*;

#[test]
fn what_cannot_be_read_says_where_and_what_to_do() {
    for (template, error) in [
        (
            "#{",
            "line 1, column 3: expected the name of a variable; write `##{` for a literal `#{`",
        ),
        (
            "#{}",
            "line 1, column 3: expected the name of a variable; write `##{` for a literal `#{`",
        ),
        (
            "a\nb #{X",
            "line 2, column 6: expected `}`, `|`, `.` or `[`; write `##{` for a literal `#{`",
        ),
        (
            "#{if X}a",
            "line 1, column 9: expected `#{/if}`, which closes the `if` opened before",
        ),
        (
            "#{if X}a#{/each}",
            "line 1, column 9: expected `#{/if}`, which closes the `if` opened before",
        ),
        ("#{X.}", "line 1, column 5: expected a name after `.`"),
        (
            "#{X[}",
            "line 1, column 5: expected the `]` that closes this `[`",
        ),
        (
            "#{X | }",
            "line 1, column 7: expected the name of a filter after `|`, such as `ToLower`",
        ),
        (
            "#{X | Append \"a}",
            "line 1, column 15: expected the `\"` that closes this text",
        ),
        (
            "#{if X == }",
            "line 1, column 11: expected the name of a variable; write `##{` for a literal `#{`",
        ),
        (
            "#{each in X}#{/each}",
            "line 1, column 11: expected `in`: `#{each item in Collection}`",
        ),
        (
            "#{calc 1 + }",
            "line 1, column 12: expected a number, a name or `(`; put names with `-` or `/` in braces: `{My-Name}`",
        ),
        (
            "#{.X}",
            "line 1, column 3: a name must come first, before `.` or `[`",
        ),
        (
            "é#{X%}",
            "line 1, column 5: expected `}`, `|`, `.` or `[`; write `##{` for a literal `#{`",
        ),
    ] {
        let source = Source::template(Text::plain(template));
        assert_eq!(
            source.parse_error().map(ToString::to_string).as_deref(),
            Some(error),
            "{template}"
        );
        let evaluated = evaluate(template, &[]).unwrap();
        assert_eq!(evaluated.text, template);
        assert!(matches!(evaluated.unresolved[0].reason, Reason::Broken(_)));
    }
}

#[test]
fn what_closes_nothing_says_so() {
    for (template, start) in [
        ("x#{/if}", "line 1, column 2: nothing is open"),
        ("#{else}", "line 1, column 1: `else` belongs"),
        (
            "#{unless X}#{elseif Y}#{/unless}",
            "line 1, column 12: expected `#{/unless}`",
        ),
    ] {
        let source = Source::template(Text::plain(template));
        let error = source
            .parse_error()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(error.starts_with(start), "{template}: {error}");
    }
}

#[test]
fn reading_files_skips_what_is_no_template() {
    let source = "a #{X} #{ b #{if X}c";
    let (template, errors) = parse::lenient(source);
    assert_eq!(errors.len(), 2);
    assert_eq!(
        template
            .nodes
            .iter()
            .filter(|node| matches!(node, ast::Node::Substitution(..)))
            .count(),
        1
    );
}
