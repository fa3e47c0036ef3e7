# What tells the processes of ours on a host, leaves them running, and ends them: the runner starts with this.
# What a fault runs in the foreground has CHAOS_MARK in its environment, what it leaves running CHAOS_FAULT. A process
# may overwrite its environment: all of the session it is in are meant.
marked() { # VARIABLE PREFIX
  sessions=' '
  for file in $(grep -ls "$1=$2" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file%/environ}
    pid=${pid#/proc/}
    [ "$pid" = $$ ] && continue
    say "$pid"
    [ "$1" = CHAOS_MARK ] || sessions="$sessions$(session_of "$pid") "
  done
  [ "$sessions" = ' ' ] && return
  for file in /proc/[0-9]*; do
    session=$(session_of "${file#/proc/}")
    case $sessions in *" ${session:-none} "*) say "${file#/proc/}" ;; esac
  done
}

# pid (name with anything) state parent group session …
session_of() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
  set -- ${stat##*) }
  say "$4"
}

end_marked() { # VARIABLE PREFIX
  while pids=$(marked "$1" "$2") && [ -n "$pids" ]; do
    # stopped first, so that no shell goes on when what it waits for has ended
    kill -STOP $pids 2>/dev/null
    kill -KILL $pids 2>/dev/null
    sleep 0.1 2>/dev/null || sleep 1
  done
}

# chaos/20261122-053627-55473f/f1/ becomes chaos-20261122-053627-55473f-f1-
unit_name() { say "$1" | tr / -; }

# Leaves a process running, which outlives our connection, but not the fault. It is the first to go when memory is short.
spawn() {
  CHAOS_FAULT=$CHAOS_MARK
  unset CHAOS_MARK
  export CHAOS_FAULT
  leader='echo 500 >/proc/self/oom_score_adj; "$@"; :'
  if has_systemd; then
    systemd-run --quiet --collect --unit="$(unit_name "$CHAOS_FAULT")$$" --setenv=CHAOS_FAULT="$CHAOS_FAULT" \
      -- sh -c "$leader" chaos "$@"
  else
    setsid sh -c "$leader" chaos "$@" 9>&- </dev/null >/dev/null 2>&1 &
  fi
}

# Words for records.
nothing_spawned() { [ -z "$(marked CHAOS_FAULT "$1")" ]; }
end_spawned() {
  if has_systemd; then
    for spawned in $(systemctl list-units --all --plain --no-legend "$(unit_name "$1")*" | awk '{ print $1 }'); do
      systemctl -q kill --signal=KILL "$spawned" 2>/dev/null
      systemctl -q stop "$spawned" 2>/dev/null
      systemctl -q reset-failed "$spawned" 2>/dev/null
    done
  fi
  end_marked CHAOS_FAULT "$1"
}
