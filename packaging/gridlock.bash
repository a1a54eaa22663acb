# bash completion for gridlock(1)

_gridlock() {
  local cur prev words cword
  if declare -F _init_completion >/dev/null; then
    _init_completion || return
  else
    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi

  local command='' i
  for ((i = 1; i < cword; i++)); do
    case ${words[i]} in
      --)
        # The program of `gridlock run -- PROGRAM` completes as a command of its own.
        if [[ $command == run ]]; then
          if declare -F _command_offset >/dev/null; then
            _command_offset $((i + 1))
          elif ((cword == i + 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
          else
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
          fi
        fi
        return
        ;;
      -*) ;;
      *) [[ -z $command ]] && command=${words[i]} ;;
    esac
  done

  case $prev in
    --format) mapfile -t COMPREPLY < <(compgen -W "json text sarif html dot gitlab junit" -- "$cur"); return ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W "error warning note never" -- "$cur"); return ;;
    --color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur"); return ;;
    --on-deadlock) mapfile -t COMPREPLY < <(compgen -W "report abort exit" -- "$cur"); return ;;
    -p | --build | --root) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    -j | --jobs | --timeout | --unit-timeout | --unit-memory) return ;;
    --rule) mapfile -t COMPREPLY < <(compgen -W "$_gridlock_rules" -- "$cur"); return ;;
  esac

  local common="-o --output --format --suppressions --baseline --fail-on --quiet --color -j --help"
  if [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "run check facts report attach core diff explain --help --version" -- "$cur")
    return
  fi
  if [[ $cur == -* ]]; then
    local own=''
    case $command in
      run) own="--on-deadlock --timeout --" ;;
      check) own="-p --build --root --rule --program --models --diff --fix --export-fixes --unit-timeout --unit-memory --" ;;
      facts) mapfile -t COMPREPLY < <(compgen -W "-p --build -o --output --depfile --root --quiet --unit-timeout --unit-memory --help --" -- "$cur"); return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$own $common" -- "$cur")
    return
  fi
  case $command in
    explain) mapfile -t COMPREPLY < <(compgen -W "$_gridlock_rules" -- "$cur") ;;
    attach) mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && printf '%s ' [0-9]*)" -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
  esac
}

_gridlock_rules="deadlock self-deadlock lock-order-cycle recursive-read data-race inconsistent-guard
  unlock-not-held lock-not-released destroy-locked use-of-invalid-lock wrong-mutex wait-without-predicate
  lost-wakeup wait-while-holding blocking-while-locked starvation livelock contention fork-while-locked
  signal-unsafe-lock unused-guard"

complete -o filenames -F _gridlock gridlock
