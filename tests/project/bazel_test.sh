#!/usr/bin/env bash
# packaging/bazel in a workspace of somebody else's, in Bazel's sandbox: the facts of each unit are an action,
# the check is a test. Skipped (77) without Bazel: Debian 12 has it as bazel-bootstrap, with bazel-platforms,
# bazel-skylib, bazel-rules-java and bazel-rules-proto beside it.
. "$(dirname "$0")/support.sh"
command -v bazel >/dev/null || { echo "skipped: bazel is not installed"; exit 77; }

workspace=$work/workspace
mkdir -p "$workspace/lib" "$workspace/include"
cp "$source_dir/tests/project/consumer/counting.cpp" "$workspace"
cp "$source_dir/tests/project/consumer/counter.cpp" "$workspace/lib"
sed -i '1i #include "step.h"' "$workspace/lib/counter.cpp"
sed -i 's/++total/total += STEP * SCALE/' "$workspace/lib/counter.cpp"
echo '#define STEP 1' >"$workspace/include/step.h"
printf '#include <mutex>\nstd::mutex m;\nint main() { std::lock_guard<std::mutex> l(m); }\n' >"$workspace/calm.cpp"
cat >"$workspace/WORKSPACE" <<EOF
workspace(name = "somebody")
new_local_repository(
    name = "gridlock",
    path = "$work/prefix",
    build_file_content = 'exports_files(["share/gridlock/bazel/gridlock.bzl"])\n' +
                         'filegroup(name = "gridlock", srcs = ["bin/gridlock"], visibility = ["//visibility:public"])',
)
EOF
cat >"$workspace/BUILD" <<'EOF'
load("@gridlock//:share/gridlock/bazel/gridlock.bzl", "gridlock_test")
cc_library(name = "counter", srcs = ["lib/counter.cpp"], hdrs = ["include/step.h"], includes = ["include"],
           local_defines = ["SCALE=2"])
cc_binary(name = "counting", srcs = ["counting.cpp"], deps = [":counter"], copts = ["-std=c++17"],
          linkopts = ["-pthread"])
cc_binary(name = "calm", srcs = ["calm.cpp"])
gridlock_test(name = "counting_locks", deps = [":counting"])
gridlock_test(name = "calm_locks", deps = [":calm"])
EOF
expect_code 0 cmake --install "$build_dir" --prefix "$work/prefix"

# Debian's Bazel finds its rules on this machine. Those for C++ are built in, and only their names are asked for;
# tests want a tool for coverage to be named, which nothing here runs.
here=()
if [[ -d /usr/share/bazel/tools/platforms ]]; then
  for part in tools/platforms:platforms tools/skylib:bazel_skylib rules/java:rules_java rules/proto:rules_proto; do
    [[ -d /usr/share/bazel/${part%:*} ]] || { echo "skipped: /usr/share/bazel/${part%:*} is missing"; exit 77; }
    here+=("--override_repository=${part#*:}=/usr/share/bazel/${part%:*}")
  done
  mkdir -p "$work/rules_cc/cc"
  touch "$work/rules_cc/WORKSPACE" "$work/rules_cc/BUILD" "$work/rules_cc/cc/BUILD"
  for rule in binary import library test toolchain toolchain_suite; do
    echo "cc_$rule = native.cc_$rule"
  done >"$work/rules_cc/cc/defs.bzl"
  mkdir "$work/coverage"
  touch "$work/coverage/WORKSPACE" "$work/coverage/none.sh"
  chmod +x "$work/coverage/none.sh"
  echo 'sh_binary(name = "coverage_report_generator", srcs = ["none.sh"], visibility = ["//visibility:public"])' \
    >"$work/coverage/BUILD"
  here+=("--override_repository=rules_cc=$work/rules_cc" "--override_repository=remote_coverage_tools=$work/coverage")
fi

cd "$workspace"
code=0
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
timeout -k 5 280 bazel --output_user_root="$work/root" --batch test --nosandbox_debug --noshow_progress -k \
  --test_output=all --verbose_failures "${here[@]}" :counting_locks :calm_locks >"$work/output" 2>&1 || code=$?
# 3: all was built, and a test failed.
((code == 3)) || wrong "bazel ended with $code"
grep -Eq '//:calm_locks +PASSED' "$work/output" || wrong "calm_locks did not pass"
grep -Eq '//:counting_locks +FAILED' "$work/output" || wrong "counting_locks did not fail"
grep -q '^lib/counter.cpp:5:.*\[data-race\]' "$work/output" || wrong "no race, or not by its name"
grep -q '5 | int bump' "$work/output" || wrong "the source is not quoted"
((failures == 0)) || cat "$work/output" >&2
finish
