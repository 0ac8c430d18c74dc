# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of `qsbx` for bash. What there is to choose from is read from --help, so that it is what this qsbx knows.

# The help of a subcommand, and of the one that it passes further options on to: there the guest is the machine already.
_qsbx_help() {
  local help asked
  help=$("$@" --help 2>/dev/null)
  printf '%s\n' "$help"
  asked=$(sed -n 's/^Then, whatever else qsbx \([a-z]*\) takes.*/\1/p' <<<"$help")
  if [[ $asked ]]; then qsbx "$asked" --help 2>/dev/null | grep -vE '^ +--(argv|pid|xml|domain) '; fi
}

# The words of a help text: options with -o, subcommands with -c; with -v OPTION the values that it has in {}.
_qsbx_words() {
  local what=$1 option=
  shift
  if [[ $what == -v ]]; then option=$1; shift; fi
  _qsbx_help "$@" | awk -v what="$what" -v option="$option" '
    /^[^ ].*:$/ { in_commands = $1 == "Subcommands:" }
    what == "-c" && in_commands && /^  [a-z]/ { print $1 }
    what != "-c" && /^  +-/ {
      found = 0
      for (i = 1; $i ~ /^-/; ++i) {
        n = split($i, names, ",")
        for (j = 1; j <= n; ++j) {
          if (what == "-o" && names[j] != "") print names[j]
          if (names[j] == option) found = 1
        }
      }
      if (what == "-v" && found && match($i, /:[{].*[}]$/)) {
        values = substr($i, RSTART + 2, RLENGTH - 3)
        gsub(",", "\n", values)
        print values
      }
    }'
}

# The option whose value is written at this index, after a space or after "=", which bash takes for a word.
_qsbx_option_of() {
  local index=$1
  [[ ${COMP_WORDS[index]} == = || ${COMP_WORDS[index - 1]} != = ]] || ((--index))
  if [[ ${COMP_WORDS[index - 1]} == -?* ]]; then echo "${COMP_WORDS[index - 1]}"; fi
}

_qsbx() {
  local word=${COMP_WORDS[COMP_CWORD]} index option values command=(qsbx)
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
  option=$(_qsbx_option_of "$COMP_CWORD")
  [[ $word == = ]] && word=
  if [[ $option ]] && values=$(_qsbx_words -v "$option" "${command[@]}") && [[ $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
  elif [[ $word == -* ]]; then
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
