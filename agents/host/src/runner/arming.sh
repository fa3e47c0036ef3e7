# What keeps ways back on a host and watches over them, from the first change of a run to the last that is put back.

arm() { # EPOCH LEASE
  { [ "$2" -eq 0 ] || enable_watchdog; } &&
    mkdir -p "$kept/undo" && say "$1" >"$kept/epoch" && say "$2" >"$kept/lease" && say "$program" >"$kept/runner" &&
    boot_id >"$kept/boot" && sync "$kept/epoch" "$kept/lease" "$kept/runner" "$kept/boot" "$kept" "$home" &&
    give_epoch "$1" && lease_for "$2" && { [ "$2" -eq 0 ] || start_watchdog; } &&
    lease_for "$2" # anew: on a busy host the start of a unit may take longer than a lease
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# Before there is anything to watch: a unit that finds nothing removes itself. "enable" has systemd read it.
enable_watchdog() {
  has_systemd || return 0
  (umask 022 && unit_file >"$units/$unit") && sync "$units/$unit" &&
    systemctl -q enable "$unit" && sync "$units" "$units/$wanted"
}

start_watchdog() {
  if has_systemd; then
    systemctl -q start "$unit"
  else
    setsid sh "$kept/runner" watch "$run" 9>&- </dev/null >/dev/null 2>&1 &
  fi
}

# Where there is no systemd it is a process like others: its number is in memory only, and checked.
stop_own_watchdog() {
  read -r watchdog <"$live/watchdog" || return 0
  [ "$watchdog" != $$ ] && grep -qs "$kept/runner" "/proc/$watchdog/cmdline" && kill -KILL "-$watchdog"
} 2>/dev/null

unit_file() {
  cat <<END
[Unit]
Description=Puts back what chaos run $run broke, when its lease runs out
DefaultDependencies=no
After=local-fs.target
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c '[ -e $kept/runner ] && exec /bin/sh $kept/runner watch $run; $remove_kept; $remove_unit'
Restart=always
RestartSec=1
# beside system.slice: what is kept for a unit inside is kept from its neighbours only
Slice=-.slice
OOMScoreAdjust=-1000
Nice=-20
CPUWeight=10000
MemoryMin=16M
TasksMax=512
LimitNOFILE=1024
[Install]
WantedBy=${wanted%.wants}
END
}

disarm() {
  stop_own_watchdog
  rm -rf "$live"
  rmdir "$memory" 2>/dev/null
  eval "$remove_kept"
  # the last thing, for it may end us
  if [ -e "$units/$unit" ]; then eval "$remove_unit"; fi
  return 0
}
