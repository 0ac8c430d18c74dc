# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of `qsbx` for bash. What there is to choose from is read from --help, so that it is what this qsbx knows.

# The words of a help text: options with -o, subcommands with -c.
_qsbx_words() {
  local what=$1
  shift
  "$@" --help 2>/dev/null | awk -v what="$what" '
    /^[^ ].*:$/ { in_commands = $1 == "Subcommands:" }
    what == "-c" && in_commands && /^  [a-z]/ { print $1 }
    what == "-o" && /^  -/ { n = split($1, names, ","); for (i = 1; i <= n; ++i) print names[i] }'
}

_qsbx() {
  local word=${COMP_WORDS[COMP_CWORD]} index command=(qsbx)
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case ${COMP_WORDS[index]} in
      # What follows is QEMU and its options.
      --argv) _qsbx_foreign "$index"; return ;;
      --) [[ ${command[1]} == run || ${command[1]} == trace ]] && { _qsbx_foreign "$index"; return; } ;;
      -*) ;;
      *) if ((${#command[@]} == 1)) || { ((${#command[@]} == 2)) && [[ ${command[1]} == virt ]]; }; then
           command+=("${COMP_WORDS[index]}")
         fi ;;
    esac
  done
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_qsbx_words -o "${command[@]}")" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(_qsbx_words -c "${command[@]}")" -- "$word")
    ((${#COMPREPLY[@]})) || mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}

# The word after the mark at this index is a program, all that follow may be files.
_qsbx_foreign() {
  local kind=-f
  ((COMP_CWORD == $1 + 1)) && kind=-c
  mapfile -t COMPREPLY < <(compgen "$kind" -- "${COMP_WORDS[COMP_CWORD]}")
}

complete -o filenames -o bashdefault -F _qsbx qsbx
