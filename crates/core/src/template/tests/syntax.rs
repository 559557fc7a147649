use super::*;

#[test]
fn text_and_escapes() {
    check_all(
        &[("X", "v"), ("Empty", "")],
        &[
            ("", ""),
            ("plain", "plain"),
            ("#", "#"),
            ("a#", "a#"),
            ("##", "##"),
            ("# {X}", "# {X}"),
            ("{X}", "{X}"),
            ("a#b##c###d", "a#b##c###d"),
            ("#{X}", "v"),
            ("a#{X}b#{X}c", "avbvc"),
            ("##{X}", "#{X}"),
            ("##{X} #{X}", "#{X} v"),
            ("###{X}", "#v"),
            ("a###{X}", "a#v"),
            ("####{X}", "###{X}"),
            ("#####{X}", "###v"),
            ("#{X}#", "v#"),
            ("##{if X}y##{/if}", "#{if X}y#{/if}"),
            ("$#{X}", "$v"),
            ("#{X}}", "v}"),
            ("é#{X}日本", "év日本"),
            ("#{Empty}", ""),
        ],
    );
}

#[test]
fn names_match_in_any_case_and_with_space_around() {
    check_all(
        &[
            ("My Name", "1"),
            ("a-b_c:d/e~f(g)@h", "2"),
            ("A.B", "3"),
            ("Ünï", "4"),
            ("X", "5"),
        ],
        &[
            ("#{ my name }", "1"),
            ("#{MY NAME}", "1"),
            ("#{a-b_c:d/e~f(g)@h}", "2"),
            ("#{a . b}", "3"),
            ("#{ÜNÏ}", "4"),
            ("#{\n X \t}", "5"),
        ],
    );
}

#[test]
fn missing_names_stay_and_are_reported() {
    let evaluated = evaluate("a #{Missing} #{X.Y | ToUpper}", &[]).unwrap();
    assert_eq!(evaluated.text, "a #{Missing} #{X.Y | ToUpper}");
    let tokens: Vec<_> = evaluated
        .unresolved
        .iter()
        .map(|u| (u.token.as_str(), &u.reason))
        .collect();
    assert_eq!(
        tokens,
        [
            ("#{Missing}", &Reason::Missing),
            ("#{X.Y | ToUpper}", &Reason::Missing)
        ]
    );

    let nested = evaluate("#{A}", &[("A", "x #{B}")]).unwrap();
    assert_eq!(nested.text, "x #{B}");
    assert_eq!(
        nested.unresolved[0].to_string(),
        "`#{B}`: no variable has this name here (in the variable `A`)"
    );
    assert_eq!(
        evaluate("#{A | Nope}", &[("A", "x")]).unwrap().unresolved[0].reason,
        Reason::Filter("Nope".into())
    );
}

#[test]
fn indexes_are_paths_of_their_own() {
    let variables = [
        ("A.B", "dot"),
        ("A[B]", "bracket"),
        ("A[B].C", "below"),
        ("Octopus.Action[Step A].Output[web-1].Url", "out"),
        ("Key", "B"),
        ("Which", "Step A"),
        ("E[]", "none"),
        ("N[x[1]]", "nested"),
    ];
    check_all(
        &variables,
        &[
            ("#{A.B}", "dot"),
            ("#{A[B]}", "bracket"),
            ("#{a[b].c}", "below"),
            ("#{A[#{Key}]}", "bracket"),
            ("#{A[#{Key}].C}", "below"),
            ("#{Octopus.Action[#{Which}].Output[web-1].Url}", "out"),
            ("#{Octopus.Action[step a].Output[WEB-1].Url}", "out"),
            ("#{E[]}", "none"),
            ("#{E[#{Missing}]}", "none"),
            ("#{N[x[1]]}", "nested"),
            ("#{A[*]}", "bracket"),
            ("#{A[*].C}", "below"),
            ("#{A[Z]}", "#{A[Z]}"),
        ],
    );
}

#[test]
fn an_index_with_names_below_it_stands_for_its_own_text() {
    let variables = [("E[Web A].Port", "80"), ("E[Web B].Port", "81")];
    check_all(
        &variables,
        &[
            ("#{E[web a]}", "Web A"),
            ("#{E[*]}", "Web A"),
            ("#{E[*].Port}", "80"),
        ],
    );
}

#[test]
fn values_are_templates_in_turn() {
    check_all(
        &[
            ("A", "#{B}-#{B}"),
            ("B", "#{C | ToUpper}"),
            ("C", "c"),
            ("Lit", "##{C}"),
        ],
        &[
            ("#{A}", "C-C"),
            ("#{Lit}", "#{C}"),
            ("#{Lit | Append x}", "#{C}x"),
        ],
    );
}

#[test]
fn a_cycle_is_an_error_that_names_the_way() {
    let error = evaluate("#{A}", &[("A", "#{B}"), ("B", "x#{C}"), ("C", "#{B}")]).unwrap_err();
    assert_eq!(error.to_string(), "`B` uses itself: B → C → B");
    let own = evaluate("#{a}", &[("A", "#{A}")]).unwrap_err();
    assert_eq!(own.to_string(), "`A` uses itself: A → A");
}

#[test]
fn json_values_can_be_looked_into() {
    let variables = [
        (
            "J",
            r##"{"Name": "n", "List": [1, {"x": "y"}, "t"], "Deep": {"A b": true, "n": null, "f": 1.50}, "T": "#{V}"}"##,
        ),
        ("V", "va\"lue"),
        ("Array", r#"["a", "b"]"#),
        ("Inner", r#"{"s": "{\"k\": \"v\"}"}"#),
        ("Alias", "#{J}"),
        ("P.Q", r#"{"R": 1}"#),
        ("I", "1"),
        ("NotJson", "{x"),
    ];
    check_all(
        &variables,
        &[
            ("#{J.Name}", "n"),
            ("#{J[Name]}", "n"),
            ("#{J.name}", "n"),
            ("#{J.List[0]}", "1"),
            ("#{J.List[1].x}", "y"),
            ("#{J.List[#{I}].x}", "y"),
            ("#{J.List[1]}", r#"{"x":"y"}"#),
            ("#{J.List[9]}", ""),
            ("#{J.List[*]}", "1"),
            ("#{J.Deep[A b]}", "True"),
            ("#{J.Deep.n}", ""),
            ("#{J.Deep.f}", "1.5"),
            ("#{J.T}", "va\"lue"),
            ("#{J.Nope}", "#{J.Nope}"),
            ("#{Array[1]}", "b"),
            ("#{Array[*]}", "a"),
            ("#{Array.x}", "#{Array.x}"),
            ("#{Inner.s.k}", "v"),
            ("#{P.Q.R}", "1"),
            ("#{NotJson.x}", "#{NotJson.x}"),
            ("#{J.List[1].x | ToUpper}", "Y"),
        ],
    );
}

#[test]
fn conditions() {
    let variables = [
        ("T", "yes"),
        ("F", "False"),
        ("Zero", "0"),
        ("A", "a"),
        ("B", "b"),
        ("Empty", ""),
        ("No", " no "),
    ];
    check_all(
        &variables,
        &[
            ("#{if T}1#{/if}", "1"),
            ("#{if F}1#{/if}", ""),
            ("#{if F}1#{else}2#{/if}", "2"),
            ("#{IF T}1#{ELSE}2#{/IF}", "1"),
            ("#{if Missing}1#{else}2#{/if}", "2"),
            ("#{if Empty}1#{else}2#{/if}", "2"),
            ("#{if No}1#{else}2#{/if}", "2"),
            ("#{if Zero}1#{else}2#{/if}", "2"),
            ("#{unless F}1#{/unless}", "1"),
            ("#{unless T}1#{else}2#{/unless}", "2"),
            ("#{if A == \"a\"}1#{/if}", "1"),
            ("#{if A == \"A\"}1#{else}2#{/if}", "2"),
            ("#{if A==\"a\"}1#{/if}", "1"),
            ("#{if A != \"a\"}1#{else}2#{/if}", "2"),
            ("#{if A == B}1#{else}2#{/if}", "2"),
            ("#{if \"a\" == A}1#{/if}", "1"),
            ("#{if A | ToUpper == \"A\"}1#{/if}", "1"),
            ("#{if A == B | Replace b a}1#{/if}", "1"),
            ("#{if Missing == \"\"}1#{/if}", "1"),
            ("#{unless A == \"b\"}1#{/unless}", "1"),
            ("#{if F}1#{elseif T}2#{else}3#{/if}", "2"),
            ("#{if F}1#{elseif F}2#{elseif Zero}3#{else}4#{/if}", "4"),
            ("#{if T}1#{elseif T}2#{/if}", "1"),
            ("#{if T}a#{if F}b#{else}c#{/if}d#{/if}", "acd"),
            ("#{if A == \\\"a\\\"}1#{/if}", "1"),
            ("#{if T }1#{/if }", "1"),
            ("#{if T}\n x\n#{/if}", "\n x\n"),
            ("#{ifX}", "#{ifX}"),
        ],
    );
    assert!(
        evaluate("#{if Missing}1#{/if}", &[])
            .unwrap()
            .unresolved
            .is_empty()
    );
}

#[test]
fn loops() {
    let variables = [
        ("E[A].Port", "1"),
        ("E[B].Port", "2"),
        ("E[B]", "named"),
        ("List", "x,y, z"),
        ("Array", r#"[1, "b", {"k": "v"}]"#),
        ("Object", r#"{"K1": "v1", "K2": {"n": 2}}"#),
        ("Empty", ""),
        ("One", "1"),
        ("N[10]", "ten"),
        ("N[9]", "nine"),
        ("M[a].Sub[x]", "ax"),
        ("M[a].Sub[y]", "ay"),
        ("M[b].Sub[z]", "bz"),
    ];
    check_all(
        &variables,
        &[
            ("#{each e in E}#{e}:#{e.Port};#{/each}", "A:1;named:2;"),
            ("#{each i in List}[#{i}]#{/each}", "[x][y][ z]"),
            (
                "#{each i in List}#{Octopus.Template.Each.Index}#{/each}",
                "012",
            ),
            (
                "#{each i in List}#{i}#{unless Octopus.Template.Each.Last}+#{/unless}#{/each}",
                "x+y+ z",
            ),
            (
                "#{each i in List}#{if Octopus.Template.Each.First}first#{/if}#{/each}",
                "first",
            ),
            ("#{each i in Array}<#{i}>#{/each}", r#"<1><b><{"k":"v"}>"#),
            ("#{each i in Array}#{if i.k}#{i.k}#{/if}#{/each}", "v"),
            (
                "#{each i in Object}#{i.Key}=#{i.Value};#{/each}",
                "K1=v1;K2={\"n\":2};",
            ),
            ("#{each i in Object}#{i.Value.n | Append .}#{/each}", ".2."),
            ("#{each i in Empty}x#{/each}", ""),
            ("#{each i in Missing}x#{/each}", ""),
            ("#{each i in One}#{i}#{/each}", "1"),
            ("#{each n in N}#{n} #{/each}", "nine ten "),
            (
                "#{each m in M}#{each s in m.Sub}#{m}#{s} #{/each}#{/each}",
                "aax aay bbz ",
            ),
            ("#{each e in E}#{E[#{e}].Port}#{/each}", "1#{E[#{e}].Port}"),
            ("#{each i in List}#{One}#{/each}", "111"),
            ("#{EACH i IN List}#{i}#{/EACH}", "xy z"),
            (
                "#{Octopus.Template.Each.Index}",
                "#{Octopus.Template.Each.Index}",
            ),
        ],
    );
}

#[test]
fn arithmetic() {
    check_all(
        &[
            ("A", "3"),
            ("B", "1.5"),
            ("My-Name", "4"),
            ("Text", "x"),
            ("S", " 2 "),
            ("P.Q", "5"),
            ("I[1]", "6"),
        ],
        &[
            ("#{calc 1+2}", "3"),
            ("#{calc 1 + 2 * 3}", "7"),
            ("#{calc (1 + 2) * 3}", "9"),
            ("#{calc 7 - 2 - 1}", "4"),
            ("#{calc 8 / 2 / 2}", "2"),
            ("#{calc A + B}", "4.5"),
            ("#{calc A*A-B}", "7.5"),
            ("#{calc {My-Name} / 2}", "2"),
            ("#{calc A - -1}", "4"),
            ("#{calc -A + 1}", "#{calc -A + 1}"),
            ("#{calc S + 1}", "3"),
            ("#{calc P.Q + I[1]}", "11"),
            ("#{calc 1 / 0}", "Infinity"),
            ("#{calc 0.1 + 0.2}", "0.30000000000000004"),
            ("#{calc 1000000 * 1000000000}", "1E+15"),
            ("#{calc Text + 1}", "#{calc Text + 1}"),
            ("#{calc Missing + 1}", "#{calc Missing + 1}"),
            ("#{calc A}", "3"),
        ],
    );
}

#[test]
fn options() {
    check_all(
        &[("A", "a b"), ("B", "b")],
        &[
            ("#{A | Replace b c}", "a c"),
            ("#{A | Replace \"a b\" c}", "c"),
            ("#{A | Replace #{B} c}", "a c"),
            ("#{A | Replace #{B} #{if B}x#{/if}}", "a x"),
            ("#{A | replace \"b\"}", "a "),
            ("#{A | Append #{calc 1+1}}", "a b2"),
            ("#{A | Append \"}\"}", "a b}"),
            ("#{A | Append \\\"q q\\\"}", "a bq q"),
            ("#{A|ToUpper|Append x}", "A Bx"),
            ("#{A | Append # = !}", "a b#=!"),
            ("#{A | Append a=b}", "a ba=b"),
            ("#{A | Append \"#{B}\"}", "a b#{B}"),
        ],
    );
}

#[test]
fn null_unsets_a_whole_value() {
    let evaluated = evaluate("x#{ | null}y", &[]).unwrap();
    assert!(evaluated.is_null && evaluated.text.is_empty());
    check("#{A}", &[("A", "#{B | null}"), ("B", "b")], "#{A}");
    check("#{if A}1#{else}2#{/if}", &[("A", "#{ | null}")], "2");
}

#[test]
fn run_conditions_need_a_truthy_and_fully_resolved_text() {
    let bindings = bindings(&[
        ("T", "true"),
        ("F", "False"),
        ("Part", "x#{Missing}"),
        ("Blank", "  "),
    ]);
    for (template, holds) in [
        ("#{T}", true),
        ("#{F}", false),
        ("#{Missing}", false),
        ("#{Part}", false),
        ("#{Blank}", false),
        ("", false),
        ("0", false),
        (" 0 ", true),
        ("no", false),
        ("#{if Missing}a#{else}b#{/if}", true),
        ("#{ | null}", false),
        ("#{", false),
        ("anything", true),
    ] {
        let source = Source::template(Text::plain(template));
        let condition = Evaluator::new(&bindings, CLOCK, Limits::default())
            .condition(&source)
            .unwrap();
        assert_eq!(condition.holds, holds, "{template}");
    }
}
