#!/usr/bin/env bash
# The bundled example gives what the README promises: the tour of scripts/tour runs, each of its
# reports has the finding it is there for, and the output quoted in the README is what comes out.
. "$(dirname "$0")/support.sh"

expect_code 0 "$source_dir/scripts/tour" "$build_dir" "$work/example"
expect_rules "$work/example/static.json" data-race lock-order-cycle
expect_rules "$work/example/runtime.json" lock-order-cycle
expect_rules "$work/example/deadlock.json" deadlock
[[ -s $work/example/report.html ]] || wrong "no report.html"
expect_code 0 "$source_dir/scripts/readme-tour" --check "$work/example"
finish
