#!/usr/bin/env python3
"""Validates reports against analyzer/report/report.schema.json: validate_report.py REPORT..."""

import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    schema = json.loads((ROOT / "analyzer/report/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    for name in sys.argv[1:]:
        report = json.loads(pathlib.Path(name).read_text())
        for error in validator.iter_errors(report):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{name}: /{place}: {error.message}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
