#!/usr/bin/env bash
# Installs to a prefix of its own and uses the package as a stranger would: find_package, pkg-config,
# and plain -lgridlock_rt. Each way, a program with a lock-order cycle must be told of it.
. "$(dirname "$0")/support.sh"
consumer=$source_dir/tests/project/consumer
prefix=$work/prefix

expect_code 0 cmake --install "$build_dir" --prefix "$prefix"
library=$(find "$prefix" -name libgridlock_rt.so -printf '%h\n')
[[ -n $library ]] || wrong "libgridlock_rt.so is not installed"
for file in bin/gridlock share/man/man1/gridlock.1 share/bash-completion/completions/gridlock; do
  [[ -e $prefix/$file ]] || wrong "$file is not installed"
done

# By CMake: linked shim, tests under `gridlock run`, the static pass as a test.
expect_code 0 cmake -S "$consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
expect_code 0 cmake --build "$work/consumer"
rm -f "$work"/linked.*
expect_code 0 env GRIDLOCK_OPTIONS="log_path=$work/linked" "$work/consumer/linked"
report=$(echo "$work"/linked.*.json)
[[ -e $report ]] && expect_rules "$report" lock-order-cycle || wrong "find_package: no report at exit"
expect_code 3 env GRIDLOCK_OPTIONS="exitcode=3:log_path=$work/code" "$work/consumer/linked"

expect_code 8 ctest --test-dir "$work/consumer" --timeout 60
grep -q '1 - launched (Failed)\|launched .*Failed' "$work/output" || wrong "the launched test saw nothing"
grep -q 'static .*Failed' "$work/output" || wrong "the static check saw nothing"
launched=$(echo "$work"/consumer/gridlock-reports/*.json)
[[ -e $launched ]] && expect_rules "$launched" lock-order-cycle || wrong "no report of the launched test"
expect_rules "$work/consumer/static.json" lock-order-cycle
expect_rules "$work/consumer/binary.json" data-race
# Ninja gives 1 for any failed command: here, for findings.
expect_code 1 cmake --build "$work/consumer" --target merged
expect_rules "$work/consumer/merged.json" lock-order-cycle
[[ -s $work/consumer/merged.sarif ]] || wrong "no merged.sarif"

# The compiler above has no plug-in of ours; Clang 19 has.
if command -v clang++-19 >/dev/null; then
  expect_code 0 cmake -S "$consumer" -B "$work/by-clang" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_COMPILER=clang++-19
  expect_code 1 cmake --build "$work/by-clang" --target binary
  expect_rules "$work/by-clang/binary.json" data-race
  grep -q 'fplugin=.*libgridlock_facts.so' "$work/by-clang/build.ninja" || wrong "Clang got no plug-in"
fi

# With pkg-config, and by hand.
expect_code 0 env PKG_CONFIG_PATH="$library/pkgconfig" pkg-config --exists gridlock
flags=$(PKG_CONFIG_PATH="$library/pkgconfig" pkg-config --cflags --libs gridlock)
# shellcheck disable=SC2086
expect_code 0 g++ -g "$consumer/two_orders.cpp" -o "$work/by-pkg-config" $flags -Wl,-rpath,"$library"
expect_code 0 g++ -g "$consumer/two_orders.cpp" -o "$work/by-hand" -L "$library" -Wl,--no-as-needed -lgridlock_rt \
  -Wl,-rpath,"$library"
for program in by-pkg-config by-hand; do
  expect_code 3 env GRIDLOCK_OPTIONS="exitcode=3:log_path=$work/$program" "$work/$program"
  report=$(echo "$work/$program".*.json)
  [[ -e $report ]] && expect_rules "$report" lock-order-cycle || wrong "$program: no report"
done
finish
