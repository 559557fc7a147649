"""Hooks for schemathesis: a space full of documents, and requests that name them.

Generated ids lead to 404 and generated bodies to 400 almost always. So most paths get ids of documents that are
there, and most bodies of replacements start from the stored document. The rest stays as generated.
"""

import json
import os
import random
import re
import urllib.error
import urllib.request

import schemathesis

ADDRESS = os.environ["REGATTA_FUZZ_ADDRESS"]
KEY = os.environ["REGATTA_FUZZ_KEY"]
SPACE = "Spaces-1"
# Of ten paths so many lead to a document; of ten replacements so many start from the stored one.
REAL_PATHS, REAL_BODIES = 9, 7
count = 0


def send(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ADDRESS + path, data, method=method)
    request.add_header("X-Octopus-ApiKey", KEY)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def name():
    global count
    count += 1
    return f"Seed {count}"


def step(action, properties):
    return {"Name": name(), "Actions": [{"Name": name(), "ActionType": action, "Properties": properties}]}


def steps():
    script = {
        "Octopus.Action.RunOnServer": "true",
        "Octopus.Action.Script.ScriptSource": "Inline",
        "Octopus.Action.Script.Syntax": "Bash",
        "Octopus.Action.Script.ScriptBody": "echo \"$(get_octopusvariable Plain)\"",
    }
    ask = {"Octopus.Action.RunOnServer": "true", "Octopus.Action.Manual.Instructions": "Well?"}
    return [step("Octopus.Script", script), step("Octopus.Manual", ask)]


def project():
    """A project with a process, variables, a release, and deployments that wait, ask and are over."""
    base = f"/api/{SPACE}"
    made = send("POST", f"{base}/projects", {"Name": name(), "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1"})
    process = send("GET", f"{base}/projects/{made['Id']}/deploymentprocesses")
    send("PUT", f"{base}/projects/{made['Id']}/deploymentprocesses", process | {"Steps": steps()})
    variables = send("GET", f"{base}/projects/{made['Id']}/variables")
    variables["Variables"] = [
        {"Name": "Plain", "Value": "#{Secret | ToUpper}"},
        {"Name": "Secret", "Value": "hush", "Type": "Sensitive", "IsSensitive": True},
    ]
    send("PUT", f"{base}/variables/{variables['Id']}", variables)
    release = send("POST", f"{base}/releases", {"ProjectId": made["Id"], "Version": "1.0.0"})
    environment = send("GET", f"{base}/environments")["Items"][0]["Id"]
    for later in [None, "2099-01-01T00:00:00Z"]:
        body = {"ReleaseId": release["Id"], "EnvironmentId": environment}
        try:
            send("POST", f"{base}/deployments", body)
        except urllib.error.HTTPError:
            pass


def plant():
    base = f"/api/{SPACE}"
    for _ in range(6):
        environment = send("POST", f"{base}/environments", {"Name": name()})
        send("POST", f"{base}/projectgroups", {"Name": name()})
        send("POST", f"{base}/lifecycles", {"Name": name()})
        send("POST", f"{base}/machinepolicies", {"Name": name()})
        send("POST", f"{base}/workerpools", {"Name": name(), "WorkerPoolType": "StaticWorkerPool"})
        machine = {"Name": name(), "Endpoint": {"CommunicationStyle": "None"}, "EnvironmentIds": [environment["Id"]], "Roles": ["web"]}
        send("POST", f"{base}/machines", machine)
        user = send("POST", "/api/users", {"Username": name(), "DisplayName": "x", "IsService": True})
        send("POST", f"/api/users/{user['Id']}/apikeys", {"Purpose": "seed"})
        role = send("POST", "/api/userroles", {"Name": name()})
        team = send("POST", "/api/teams", {"Name": name(), "MemberUserIds": [user["Id"]], "SpaceId": SPACE})
        send("POST", "/api/scopeduserroles", {"TeamId": team["Id"], "UserRoleId": role["Id"], "SpaceId": SPACE})
        send("POST", "/api/spaces", {"Name": name(), "SpaceManagersTeams": ["teams-administrators"]})
    for _ in range(4):
        project()


def ids(collection):
    """What is there now; schemathesis deletes, too."""
    below = f"/api/{SPACE}/{collection}"
    system = collection in ("users", "userroles", "spaces", "teams", "scopeduserroles")
    try:
        items = send("GET", (f"/api/{collection}" if system else below) + "?take=50")["Items"]
    except (urllib.error.HTTPError, KeyError):
        return []
    found = [item["Id"] for item in items]
    # What lets the key it signs in with do everything is left alone: without it the rest would be 401 and 403.
    found = [one for one in found if one not in ("Users-1", SPACE)]
    return [one for one in found if not one.startswith(("teams-", "scopeduserroles-"))]


def collection_of(path, parameter):
    if parameter == "version":
        return "version"
    if parameter in ("project", "environment", "channel", "user"):
        return parameter + "s"
    before = re.search(r"/([^/{}]+)/\{" + parameter + r"\}", path)
    return "tasks" if before is None or before[1] == "rerun" else before[1]


def real(path, parameter, chosen):
    collection = collection_of(path, parameter)
    if parameter == "spaceId":
        return SPACE
    if collection == "version":
        return "1.0.0"
    if collection == "apikeys":
        keys = send("GET", f"/api/users/{chosen.get('user', 'Users-2')}/apikeys")["Items"]
        return keys[0]["Id"] if keys else None
    if collection == "variables":
        projects = ids("projects")
        return f"variableset-{random.choice(projects)}" if projects else None
    if collection == "channels" and "project" in chosen:
        found = send("GET", f"/api/{SPACE}/projects/{chosen['project']}/channels")["Items"]
        return found[0]["Id"] if found else None
    found = ids(collection)
    return random.choice(found) if found else None


plant()


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters or random.randrange(10) >= REAL_PATHS:
        return path_parameters
    chosen = {}
    for parameter in re.findall(r"\{(\w+)\}", context.operation.path):
        try:
            chosen[parameter] = real(context.operation.path, parameter, chosen) or path_parameters.get(parameter)
        except (urllib.error.HTTPError, KeyError):
            chosen[parameter] = path_parameters.get(parameter)
    return chosen


@schemathesis.hook
def before_call(context, case, **kwargs):
    """A replacement mostly starts from what is stored, with some of what was generated."""
    if case.method != "PUT" or not isinstance(case.body, dict) or random.randrange(10) >= REAL_BODIES:
        return
    try:
        stored = send("GET", case.formatted_path)
    except (urllib.error.HTTPError, UnicodeError, ValueError):
        return
    if isinstance(stored, dict):
        generated = {key: value for key, value in case.body.items() if random.randrange(3) == 0}
        case.body = stored | generated
