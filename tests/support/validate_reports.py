#!/usr/bin/env python3
"""Validates reports against the published schema, one file name a line on stdin.

Usage: validate_reports.py SCHEMA [REPORT...]

Answers "ok" or the first error with its place, one line each. With reports as arguments it checks
those instead, prints the bad ones and exits 1 if there are any.
"""
import json
import sys

import jsonschema


def load_validator(schema_file):
    with open(schema_file, encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check(validator, name):
    try:
        with open(name, encoding="utf-8") as stream:
            report = json.load(stream)
    except (OSError, ValueError) as error:
        return str(error)
    error = next(validator.iter_errors(report), None)
    if error is None:
        return "ok"
    place = "/" + "/".join(str(step) for step in error.absolute_path)
    return f"{place}: {error.message}"[:500]


def main():
    try:
        validator = load_validator(sys.argv[1])
        broken = None
    except (OSError, ValueError, jsonschema.SchemaError) as error:
        validator, broken = None, f"schema {sys.argv[1]}: {error}"[:500]
    if len(sys.argv) > 2:
        answers = {name: broken or check(validator, name) for name in sys.argv[2:]}
        bad = {name: answer for name, answer in answers.items() if answer != "ok"}
        for name, answer in bad.items():
            print(f"{name}: {answer}")
        return 1 if bad else 0
    for line in sys.stdin:
        answer = broken or check(validator, line.rstrip("\n"))
        print(answer.replace("\n", " "), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
