#!/bin/sh
# Runs chaos with the Node of this shell; main.mjs says so if that one is too old.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=${self%/*}/$link ;;
  esac
done
case $self in
  */*) here=${self%/*} ;;
  *) here=. ;;
esac
here=$(CDPATH='' cd -- "$here" && pwd -P) || exit 1
if ! command -v node >/dev/null 2>&1; then
  echo "error: chaos needs Node 24 or newer, and there is no node in PATH" >&2
  echo "  hint: install it from https://nodejs.org" >&2
  exit 1
fi
# A small young generation, and an old one that grows by two fifths: what streams through leaves memory flat.
memory='--max-semi-space-size=8 --heap-growing-percent=40'
# The control room is there all day and has little to do.
if [ "${1-}" = server ]; then
  memory='--max-semi-space-size=1 --optimize-for-size'
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
fi
export CHAOS_LAUNCHER="$here/chaos"
exec node $memory "$here/lib/main.mjs" "$@"
