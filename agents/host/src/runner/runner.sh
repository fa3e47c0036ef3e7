# What chaos runs on a host: it breaks, keeps the way back, and puts back, for the controller and for the host's own
# watchdog alike. POSIX sh; reads nothing but its arguments, and runs nothing but argv.
#
#   arm   RUN EPOCH LEASE                 gives the first lease, and starts the watchdog
#   break RUN EPOCH MARK ID RECORD ARGV…  keeps RECORD, then runs ARGV
#   renew RUN EPOCH LEASE                 one more lease
#   take  RUN EPOCH LEASE                 another controller goes on; the one before is locked out
#   fence RUN MARK…                       ends what these marks started
#   undo  RUN ID RECORD                   answers "outcome<tab>detail"
#   check RECORD                          0 when all is as it was before
#   used  MARK                            what a fault leaves running: ticks of processor, bytes, processes
#   marks                                 what of ours is here, one a line
#   heal  RUN                             puts everything back, now
#   watch RUN                             puts everything back when the lease runs out
#
# Arming changes nothing else, and no break arms: one that is late, whose sender is dead and whose host is armed no more,
# changes nothing.
#
# MARK is chaos/RUN/FAULT/. A record is three calls, each with an argv: as_before (exit 0: nothing to put back), is_ours
# (exit 0: still as we made it) and put_back. The records and this file are in $kept; epoch, deadline and lock in $live.
set -u
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
umask 077

home=/var/lib/chaos-agents
memory=/run/chaos-agents
units=/etc/systemd/system
wanted=multi-user.target.wants

locked_out=75   # another controller, or the watchdog, has the host
verb=$1
shift

say() { printf '%s\n' "$*"; }
complain() { printf 'chaos: %s\n' "$*" >&2; }
has_systemd() { [ -d /run/systemd/system ]; }
# seconds since boot: no clock of the wall's, and nothing to fork
uptime_seconds() { read -r up _ </proc/uptime; up=${up%%.*}; }

of_run() {
  case $1 in '' | *[!A-Za-z0-9-]*) complain "$1 is no run"; exit 64 ;; esac
  run=$1
  kept=$home/$run
  live=$memory/$run
  unit=chaos-agents-$run.service
  # in this order, and each on disk before the next: whatever comes between, the unit finds nothing, and goes on from there
  remove_kept="rm -rf $kept; rmdir $home 2>/dev/null; sync ${home%/*}"
  remove_unit="rm -f $units/$wanted/$unit $units/$unit; sync $units; systemctl daemon-reload; systemctl -q --no-block stop $unit 2>/dev/null"
}

# Whoever acts or keeps a record holds it shared; arming, healing and leaving hold it alone. It may be deleted under us.
lock() { # -s | -x
  while :; do
    mkdir -p "$live" || exit 1
    # "command", so that not being able to is no end of the shell
    command exec 9>"$live/lock" || { [ -d "$live" ] && exit 1; continue; }
    flock "$1" 9
    [ "$live/lock" -ef /proc/self/fd/9 ] && return
  done
}

holds_epoch() { [ -r "$live/epoch" ] && read -r epoch_now <"$live/epoch" && [ "$epoch_now" = "$1" ]; }

# A lease that has run out is the watchdog's, even where it has not noticed yet.
must_hold() {
  uptime_seconds
  if holds_epoch "$1" && read -r deadline <"$live/deadline" && [ "$up" -lt "$deadline" ]; then return; fi
  complain "the lease of run $run is not ours any more"
  leave_nothing
  exit $locked_out
}

# Asking for the lock has made its folder.
leave_nothing() { [ -d "$kept" ] || { rm -rf "$live" && rmdir "$memory" 2>/dev/null; }; }

# 0: no lease, and so no watchdog
lease_for() {
  uptime_seconds
  if [ "$1" -eq 0 ]; then up=999999999; fi
  say $((up + $1)) >"$live/deadline.new" && mv -f "$live/deadline.new" "$live/deadline"
}

give_epoch() { say "$1" >"$live/epoch.new" && mv -f "$live/epoch.new" "$live/epoch"; }

# ---- records ------------------------------------------------------------------------------------------------------

# Only whole records are ever seen in undo/.
keep() { # ID RECORD
  say "$2" >"$kept/$1.new" && sync "$kept/$1.new" && mv -f "$kept/$1.new" "$kept/undo/$1" && sync "$kept/undo" ||
    { rm -f "$kept/$1.new"; false; }
}
cannot_keep() { # WHY
  complain "the way back cannot be kept in $home ($(df -Ph "${home%/*}" | awk 'NR == 2 { print $4 }') free): $1"
  exit 1
}

# Runs one of the three calls of a record.
only() { # CALL RECORD
  (
    as_before() { :; }
    is_ours() { :; }
    put_back() { :; }
    case $1 in
      as_before) as_before() { "$@"; exit; } ;;
      is_ours) is_ours() { "$@"; exit; } ;;
      put_back) put_back() { "$@"; exit; } ;;
    esac
    eval "$2"
  ) </dev/null 9>&-
}

settle() { # RECORD; sets outcome and detail
  detail=
  if only as_before "$1" >/dev/null 2>&1; then
    outcome=already
  elif ! only is_ours "$1" >/dev/null 2>&1; then
    outcome=conflict
  else
    detail=$(only put_back "$1" 2>&1 | tail -n 1)
    if only as_before "$1" >/dev/null 2>&1; then outcome=undone detail=; else outcome=failed; fi
  fi
}

forget() { # ID
  rm -f "$kept/undo/$1"
  if nothing_kept; then
    lock -x
    if nothing_kept; then disarm; fi
  fi
}
nothing_kept() { [ -z "$(ls -A "$kept/undo" 2>/dev/null)" ]; }

# ---- the watchdog -------------------------------------------------------------------------------------------------

heal() {
  rm -f "$live/epoch"
  end_marked CHAOS_MARK "chaos/$run/"
  lock -x
  end_marked CHAOS_MARK "chaos/$run/"
  end_spawned "chaos/$run/"
  left=0
  for file in $(ls -r "$kept/undo" 2>/dev/null); do
    settle "$(cat "$kept/undo/$file")"
    if [ $outcome = failed ]; then left=$((left + 1)); else rm -f "$kept/undo/$file"; fi
  done
  flock -u 9
  [ $left -eq 0 ]
}

watch() {
  has_systemd || say $$ >"$live/watchdog"
  # a rebooted host waits one lease for its controller to come back
  if [ "$(boot_id)" != "$(cat "$kept/boot")" ] && [ ! -e "$live/deadline" ]; then
    mkdir -p "$live"
    give_epoch "$(cat "$kept/epoch")"
    lease_for "$(cat "$kept/lease")"
  fi
  while [ -d "$kept" ]; do
    uptime_seconds
    deadline=0
    if [ -r "$live/deadline" ]; then read -r deadline <"$live/deadline"; fi
    if [ "$up" -ge "$deadline" ] && heal; then
      disarm
      return
    fi
    sleep 1
  done
  # who has removed it stops us, too; a unit that ended by itself meanwhile would be called failed
  ! has_systemd || sleep 60
}

# -------------------------------------------------------------------------------------------------------------------

case $verb in
  arm)
    of_run "$1"
    lock -x
    [ -d "$kept" ] || why=$(arm "$2" "$3" 2>&1) || {
      disarm
      cannot_keep "$why"
    }
    must_hold "$2"
    ;;
  break)
    of_run "$1"; epoch=$2; mark=$3; id=$4; record=$5
    shift 5
    lock -s
    must_hold "$epoch"
    [ -e "$kept/undo/$id" ] || why=$(keep "$id" "$record" 2>&1) || cannot_keep "$why"
    export CHAOS_MARK="$mark"
    "$@"
    ;;
  renew)
    of_run "$1"
    # asked while the last is put back; what is gone is not to be there again, not even for a moment
    [ -d "$live" ] || exit $locked_out
    lock -s
    must_hold "$2"
    lease_for "$3"
    ;;
  take)
    of_run "$1"
    lock -x
    if [ ! -d "$kept" ]; then leave_nothing; exit 0; fi
    give_epoch "$2" && lease_for "$3" || exit 1
    # for after a reboot; a full disk hinders nothing
    { say "$2" >"$kept/epoch.new" && sync "$kept/epoch.new" && mv -f "$kept/epoch.new" "$kept/epoch"; } 2>/dev/null || :
    ;;
  fence)
    shift
    for mark in "$@"; do end_marked CHAOS_MARK "$mark"; done
    ;;
  undo)
    of_run "$1"
    lock -s
    settle "$3"
    printf '%s\t%s\n' "$outcome" "$detail"
    [ $outcome = failed ] || forget "$2"
    ;;
  check) only as_before "$1" ;;
  used)
    for pid in $(marked CHAOS_FAULT "$1" | sort -u); do cat "/proc/$pid/stat" "/proc/$pid/status" 2>/dev/null; done |
      awk '/^[0-9]+ \(/ { sub(/^.*\) /, ""); ticks += $12 + $13; count++ }
        /^Rss(Anon|Shmem):/ { kilobytes += $2 }
        END { printf "%d %.0f %d\n", ticks, kilobytes * 1024, count }'
    ;;
  marks)
    for kept in "$home"/*/; do
      [ -d "$kept" ] || continue
      run=$(basename "$kept")
      say "run	$run"
      for file in "$kept"undo/*; do [ -e "$file" ] && say "undo	$run	$(basename "$file")"; done
    done
    for pid in $(marked CHAOS_MARK chaos/) $(marked CHAOS_FAULT chaos/); do
      say "process	$pid	$(tr '\0' '\n' <"/proc/$pid/environ" | grep -E '^CHAOS_(MARK|FAULT)=')	$(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done
    ;;
  heal)
    of_run "$1"
    heal || { say "$left of its changes cannot be put back"; exit 1; }
    disarm
    ;;
  watch) of_run "$1"; watch ;;
  *) complain "what is $verb?"; exit 64 ;;
esac
