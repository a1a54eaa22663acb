#!/usr/bin/env bash
# The Debian package holds what a user needs, under /usr, and says what it depends on.
. "$(dirname "$0")/support.sh"

if ! command -v dpkg-deb >/dev/null; then
  echo "no dpkg-deb here: nothing to test"
  exit 0
fi
expect_code 0 cpack --config "$build_dir/CPackConfig.cmake" -G DEB -B "$work/deb"
package=$(echo "$work"/deb/gridlock_*.deb)
[[ -e $package ]] || { wrong "no package"; finish; }
dpkg-deb --contents "$package" >"$work/contents"
for file in /usr/bin/gridlock libgridlock_rt.so gridlock-config.cmake gridlock.pc gridlock.1 \
  completions/gridlock gridlock-run-test gridlock-compile libgridlock_facts.so; do
  grep -q "$file" "$work/contents" || wrong "$file is not in the package"
done
grep -q '/usr/bin/gridlock$' "$work/contents" || wrong "the command is not in /usr/bin"
depends=$(dpkg-deb --field "$package" Depends)
for name in libc6 libclang-cpp19 libclang-common-19-dev; do
  [[ $depends == *$name* ]] || wrong "does not depend on $name: $depends"
done
finish
