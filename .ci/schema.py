"""Holds reports against docs/report.schema.json: those that are shipped, and those that the tests have made.

usage: schema.py SCHEMA FOLDER REPORT...

FOLDER has `valid` and `wrong`, each file of which is {"why": ..., "report": ...}.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator


def main() -> int:
    schema, folder, *shipped = map(Path, sys.argv[1:])
    validator = json.loads(schema.read_text())
    Draft202012Validator.check_schema(validator)
    validator = Draft202012Validator(validator)
    failed = 0
    for path in shipped:
        for error in validator.iter_errors(json.loads(path.read_text())):
            failed += 1
            print(f"{path}: {error.json_path}: {error.message:.200}")
    asked = {}
    for kind in ("valid", "wrong"):
        files = sorted((folder / kind).iterdir())
        asked[kind] = len(files)
        for path in files:
            kept = json.loads(path.read_text())
            error = next(validator.iter_errors(kept["report"]), None)
            if kind == "valid" and error:
                failed += 1
                print(f"{kept['why']}: {error.json_path}: {error.message:.200}")
            if kind == "wrong" and not error:
                failed += 1
                print(f"{kept['why']}: was not refused")
    print(f"{len(shipped)} shipped, {asked['valid']} valid, {asked['wrong']} wrong: {failed} surprises")
    return failed > 0 or not shipped or not all(asked.values())


sys.exit(main())
