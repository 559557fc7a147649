import binascii, json, os, sys

octopusvariables = json.loads(variables)

def _b64(value):
    return binascii.b2a_base64(str(value).encode("utf-8"), newline=False).decode("ascii")

def _say(_message, _to=None, **attributes):
    inner = "".join(" %s='%s'" % (key, _b64(value)) for key, value in attributes.items())
    print("##octopus[%s%s]" % (_message, inner), file=_to or sys.stdout, flush=True)

def get_octopusvariable(name):
    return octopusvariables.get(name, "")

def set_octopusvariable(name, value, sensitive=False):
    if sensitive:
        _say("mask", value=value)
        _say("mask", _to=sys.stderr, value=value)
        _say("setVariable", name=name, value=value, sensitive="True")
    else:
        _say("setVariable", name=name, value=value)
    octopusvariables[name] = str(value)

def createartifact(path, name=None):
    path = os.path.abspath(path)
    _say("createArtifact", path=path, name=name or os.path.basename(path))

def failstep(message=None):
    if message is not None:
        _say("resultMessage", message=message)
    sys.exit(-1)

def _level(level, *parts):
    print("##octopus[stdout-%s]\n%s\n##octopus[stdout-default]" % (level, " ".join(map(str, parts))), flush=True)

def printverbose(*parts):
    _level("verbose", *parts)

def printhighlight(*parts):
    _level("highlight", *parts)

def printwait(*parts):
    _level("wait", *parts)

def printwarning(*parts):
    _level("warning", *parts)

def updateprogress(percentage, message=""):
    _say("progress", percentage=percentage, message=message)

def set_environmentstate(key, value, type="State", sensitive=False):
    _say("set-environmentstate", key=key, value=value, type=type, sensitive=str(bool(sensitive)))

def set_environmenturl(key, value):
    set_environmentstate(key, value, "Url")

for _name in ("octopusvariables get_octopusvariable set_octopusvariable createartifact failstep printverbose "
              "printhighlight printwait printwarning updateprogress set_environmentstate set_environmenturl").split():
    names[_name] = globals()[_name]
