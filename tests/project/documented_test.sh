#!/usr/bin/env bash
# Every command and every long option that --help names is in the manual page and in the completion,
# every rule is in docs/rules.md and in the completion, and the completion completes.
. "$(dirname "$0")/support.sh"
gridlock=$build_dir/bin/gridlock
manual=$(sed 's/\\-/-/g' "$source_dir/packaging/gridlock.1")
completion=$(<"$source_dir/packaging/gridlock.bash")

for command in run check facts report attach core diff explain; do
  [[ $manual == *".Cm $command"* ]] || wrong "the manual does not know $command"
  expect_code 0 "$gridlock" "$command" --help
  for option in $(grep -oE -- '--[a-z][a-z-]+' "$work/output" | sort -u); do
    [[ $option == --help ]] && continue
    # In the manual: .It Fl o , -output Ar file
    grep -qE -- "(Fl|,) ${option#-}( |$)" <<<"$manual" || wrong "gridlock $command $option is not in the manual"
    [[ $completion == *" $option "* || $completion == *"\"$option "* || $completion == *" $option\""* ]] ||
      wrong "gridlock $command $option is not in the completion"
  done
done

grep -oE '^GRIDLOCK_RULE\([A-Za-z]+, "[a-z-]+"' "$source_dir/analyzer/model/rules.def" | grep -oE '"[a-z-]+"' |
  tr -d '"' >"$work/rules"
[[ -s $work/rules ]] || wrong "no rules found in rules.def"
while read -r rule; do
  grep -qE "^#+ .*\b$rule\b" "$source_dir/docs/rules.md" || wrong "docs/rules.md has no section on $rule"
  grep -qwE -- "$rule" <<<"$completion" || wrong "the completion does not know the rule $rule"
done <"$work/rules"

# complete WORD…: what the completion offers for the last word.
complete_words() {
  bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gridlock; echo "${COMPREPLY[*]}"' \
    bash "$source_dir/packaging/gridlock.bash" "$@"
}
[[ $(complete_words gridlock ru) == run ]] || wrong "ru does not complete to run"
[[ $(complete_words gridlock report --format sa) == sarif ]] || wrong "--format sa does not complete to sarif"
[[ $(complete_words gridlock run --on-deadlock ab) == abort ]] || wrong "--on-deadlock ab does not complete"
[[ $(complete_words gridlock explain data) == data-race ]] || wrong "explain data does not complete"
finish
