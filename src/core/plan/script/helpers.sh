KUBECTL=${KUBECTL:-kubectl}
LC_ALL=C
export LC_ALL
reached=0
standing=''
why=''
by_hand=''
ended=''
work=$(mktemp -d)

# end VERDICT REASON: says it and ends; 0 unless something failed (3) or was not seen (4).
end() {
  ended=yes
  printf '%s %s: %s\n' "$1" "$check" "$2"
  case $1 in FAIL) exit 3 ;; INCONCLUSIVE) exit 4 ;; *) exit 0 ;; esac
}

finish() {
  [ -z "$by_hand" ] || end INCONCLUSIVE "look at these by hand:$by_hand"
  end "${standing:-PASS}" "${why:-every assertion held}"
}

# at_exit: whatever happened, the cleanup runs.
at_exit() {
  status=$?
  trap - EXIT HUP INT TERM
  set +e
  cleanup
  rm -rf "$work"
  if [ -z "$ended" ]; then
    printf 'INCONCLUSIVE %s: a command failed, or it was interrupted\n' "$check"
    status=4
  fi
  exit "$status"
}
trap 'at_exit' EXIT
trap 'exit 130' HUP INT TERM

# stand VERDICT REASON: the verdict in the end, unless something fails; the more serious of two stays.
stand() { [ "$standing" = KNOWN-FINDING ] || { standing=$1 why=$2; }; }

# manual WORDS: what kubectl cannot look at.
manual() {
  by_hand="$by_hand
  $1"
}

# see JSONPATH ARGUMENTS...: what kubectl get shows at a path; nothing where there is nothing.
see() {
  path=$1
  shift
  "$KUBECTL" get --ignore-not-found "$@" -o "jsonpath=$path"
}

server_time() { "$KUBECTL" create namespace clock --dry-run=server -o 'jsonpath={.metadata.creationTimestamp}'; }

present() { case $1 in '' | null | '[]' | '{}') return 1 ;; esac; }

starts() { case $1 in "$2"*) ;; *) return 1 ;; esac; }

contains() { case $1 in *"$2"*) ;; *) return 1 ;; esac; }

matches() { printf '%s' "$1" | grep -Eq -e "$2"; }

one_of() {
  wanted=$1
  shift
  for one; do [ "$wanted" != "$one" ] || return 0; done
  return 1
}

once() { [ "$(printf '%s' "$1" | grep -oF -e "$2" | wc -l)" -eq 1 ]; }

at_least() {
  printf '%s' "$1" | tr -s '[],"' ' ' | tr ' ' '\n' |
    awk -v n="$2" '/^-?[0-9]+$/ && $1 + 0 >= n { ok = 1 } END { exit !ok }'
}

at_most() { [ -n "$1" ] && [ "$1" -le "$2" ]; }

later() {
  [ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ] &&
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort | tail -n 1)" = "$1" ]
}

# seconds TIME: of an RFC 3339 time in UTC, since 1970.
# fresh TIME NOW AGE: at most so old, and not more than a minute ahead of the API server.
fresh() {
  [ -n "$1" ] && [ -n "$2" ] || return 1
  age=$(($(seconds "$2") - $(seconds "$1")))
  [ "$age" -le "$3" ] && [ "$age" -ge -60 ]
}
seconds() {
  printf '%s' "$1" | awk -F '[-T:.Z]' '{
    y = $1; m = $2; if (m < 3) { y--; m += 12 }
    days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + $3 - 719469
    print days * 86400 + $4 * 3600 + $5 * 60 + int($6)
  }'
}
