use serde_json::json;

use super::*;

fn names(text: &str) -> Vec<(String, usize)> {
    reads(text)
        .into_iter()
        .map(|read| (read.name, read.line))
        .collect()
}

fn found(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected
        .iter()
        .map(|(name, line)| ((*name).to_owned(), *line))
        .collect()
}

#[test]
fn templates_name_variables_in_every_corner() {
    assert_eq!(
        names(
            "#{Db.Host | ToLower}:#{Db.Port}\n##{Not.This} #{Servers[#{Name}].Url}\n#{calc A+B*2} #{x | Replace #{From} y}"
        ),
        found(&[
            ("Db.Host", 1),
            ("Db.Port", 1),
            ("Name", 2),
            ("Servers", 2),
            ("A", 3),
            ("B", 3),
            ("From", 3),
            ("x", 3),
        ])
    );
}

#[test]
fn the_item_of_a_loop_is_no_variable_and_conditions_are_read() {
    assert_eq!(
        names(
            "#{each server in Servers}#{server.Name} #{Other}#{/each}#{if Mode == \"fast\"}#{Yes}#{else}#{No}#{/if}"
        ),
        found(&[
            ("Mode", 1),
            ("No", 1),
            ("Other", 1),
            ("Servers", 1),
            ("Yes", 1)
        ])
    );
}

#[test]
fn scripts_ask_by_literal_name() {
    assert_eq!(
        names(
            "a=$(get_octopusvariable \"Db Host\")\nb=$(get_octopusvariable Port)\n$OctopusParameters['X.Y']; octopus_parameters[$z]\nget_octopusvariable \"$computed\""
        ),
        found(&[("Db Host", 1), ("Port", 2), ("X.Y", 3)])
    );
}

#[test]
fn an_odd_brace_does_not_hide_the_rest() {
    assert_eq!(names("#{ | } ${#list[@]} #{Good}"), found(&[("Good", 1)]));
}

#[test]
fn who_uses_what_and_what_nobody_defines() {
    let process: DeploymentProcess = serde_json::from_value(json!({
        "Id": "deploymentprocess-Projects-1", "SpaceId": "Spaces-1", "ProjectId": "Projects-1",
        "Steps": [
            {"Name": "One", "Slug": "one", "Properties": {}, "Actions": [
                {"Name": "One", "ActionType": "Octopus.Script", "WorkerPoolVariable": "Pool", "Properties": {"Octopus.Action.Script.ScriptBody":
                    "echo #{servers[web].Port}\necho #{Typo} #{Octopus.Environment.Name}"}}]},
            {"Name": "Two", "Slug": "two", "Properties": {"Octopus.Action.TargetRoles": "#{Config.Role}"}, "Actions": []},
        ],
    }))
    .unwrap();
    let text = |name, text| Defined { name, text };
    let all = [
        text("Servers[web].Port", Some("1")),
        text("Servers[db].Port", Some("#{Base}2")),
        text("Config", Some("{\"Role\": \"#{Servers}\"}")),
        text("Base", None),
        text("Pool", Some("WorkerPools-1")),
        text("Unused", Some("x")),
    ];
    let usages = usages(&process, &all);
    let places = |name: &str| -> Vec<String> {
        let (_, users) = &usages.defined[&key_of(name)];
        let places = users.places.iter();
        let places = places.map(|at| format!("{} {}:{}", at.step, at.field, at.line));
        places.chain(users.variables.iter().cloned()).collect()
    };
    let body = "Actions[0].Properties[Octopus.Action.Script.ScriptBody]";
    assert_eq!(
        places("Servers[web].Port"),
        [format!("0 {body}:1"), "Config".to_owned()]
    );
    assert_eq!(places("Servers[db].Port"), ["Config"]);
    assert_eq!(
        places("Config"),
        ["1 Properties[Octopus.Action.TargetRoles]:1"]
    );
    assert_eq!(places("Base"), ["Servers[db].Port"]);
    assert_eq!(places("Pool"), ["0 Actions[0].WorkerPoolVariable:1"]);
    assert!(usages.defined["unused"].1.is_empty());
    let undefined: Vec<_> = usages.undefined.values().map(|(name, _)| name).collect();
    assert_eq!(undefined, ["Typo"]);
}
