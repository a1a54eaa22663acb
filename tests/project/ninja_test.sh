#!/usr/bin/env bash
# packaging/ninja as a build of somebody else's uses it: the facts of each unit are a step, repeated when the
# unit or a header of it changes and at no other time; findings fail the check.
. "$(dirname "$0")/support.sh"
export GRIDLOCK_CACHE=

mkdir -p "$work/src" "$work/build"
cp "$source_dir"/tests/project/consumer/count*.cpp "$work/src"
sed -i '1i #include "unused name.h"' "$work/src/counter.cpp"
echo '#pragma once' >"$work/src/unused name.h"
cat >"$work/build/build.ninja" <<EOF
gridlock = $build_dir/bin/gridlock
gridlock_root = ..
include $source_dir/packaging/ninja/gridlock.ninja
build facts/counter.glf: gridlock_facts ../src/counter.cpp
  flags = -std=c++17 -I../src
build facts/counting.glf: gridlock_facts ../src/counting.cpp
  flags = -std=c++17
build locks.json: gridlock_check facts/counter.glf facts/counting.glf
build calm.json: gridlock_check facts/counter.glf
default calm.json
EOF

ninja() { timeout -k 5 60 ninja -C "$work/build" "$@" >"$work/output" 2>&1; }
steps() { grep -c "$1" "$work/output"; }

ninja locks.json && wrong "findings do not fail the check"
[[ $(steps ' FACTS ') == 2 ]] || wrong "not one step a unit: $(<"$work/output")"
expect_rules "$work/build/locks.json" data-race
grep -q 'src/counter.cpp:' "$work/build/locks.json" || grep -q '"src/counter.cpp"' "$work/build/locks.json" ||
  wrong "files are not named relative to the root"
ninja calm.json || wrong "no findings, and it fails: $(<"$work/output")"
ninja facts/counter.glf facts/counting.glf calm.json
grep -q 'no work to do' "$work/output" || wrong "nothing changed, and work is done: $(<"$work/output")"

echo '#define CHANGED' >>"$work/src/unused name.h"
ninja facts/counter.glf facts/counting.glf || wrong "$(<"$work/output")"
[[ $(steps ' FACTS ../src/counter.cpp') == 1 && $(steps ' FACTS ') == 1 ]] ||
  wrong "a header changed: $(<"$work/output")"
finish
