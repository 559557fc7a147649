def _regatta_boot():
    import os, sys
    sup = os.getppid()
    def text(fd):
        with open(fd, "rb") as file:
            return file.read().decode("utf-8")
    body, setup = text(900), text(901)
    variables, helpers = setup.split("\n", 1)
    names = sys.modules["__main__"].__dict__
    del names["_regatta_boot"]
    names["__file__"] = "Script.py"
    sys.argv[0] = "Script.py"
    exec(compile(helpers, "<helpers>", "exec"), {"names": names, "variables": variables})
    code = 1
    try:
        exec(compile(body, "Script.py", "exec"), names)
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else end.code if isinstance(end.code, int) else 1
        raise
    finally:
        if os.getppid() != sup and os.environ.get("REGATTA_EXIT_FILE"):
            with open(os.environ["REGATTA_EXIT_FILE"], "w") as file:
                file.write(str(code & 255))
_regatta_boot()
