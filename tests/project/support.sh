# What the tests of this folder share. Sourced with the arguments SOURCE_DIR BUILD_DIR.
set -euo pipefail
source_dir=$1
build_dir=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/gridlock-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

failures=0
wrong() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# expect_code CODE COMMAND…: runs it with a deadline; its output goes to $work/output and, when the
# code is another, to the log.
expect_code() {
  local want=$1 got=0
  shift
  timeout -k 5 120 "$@" >"$work/output" 2>&1 || got=$?
  if ((got != want)); then
    cat "$work/output" >&2
    wrong "exit code $got, expected $want: $*"
  fi
}

# expect_rules REPORT RULE…: the report is there and has a finding of each rule.
expect_rules() {
  python3 - "$@" <<'PY' || wrong "findings of $1"
import json
import sys
path, *wanted = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    report = json.load(file)
seen = {finding["rule"] for finding in report["findings"]}
missing = set(wanted) - seen
if report["schema"] != "gridlock-report/1" or missing:
    sys.exit(f"{path}: no finding of {sorted(missing)}; there are {sorted(seen)}")
PY
}

finish() {
  ((failures == 0)) || exit 1
}
