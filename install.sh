#!/bin/sh
# Installs the chaos command from a release:
#
#   curl -fsSL https://raw.githubusercontent.com/system32-ai/chaos-agents/master/install.sh | sh
#
#   VERSION             which release, such as v0.1.0; the newest when unset
#   INSTALL_DIR         where the command goes; ~/.local/bin when unset
#   CHAOS_DOWNLOAD_URL  where the releases are, if not on GitHub
#
# What belongs to the command stands beside it in INSTALL_DIR/.chaos-agents; to uninstall, delete both.
set -eu

fail() {
  echo "error: $1" >&2
  [ $# -lt 2 ] || echo "  hint: $2" >&2
  exit 1
}

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -qO "$2" "$1"
  else
    fail "neither curl nor wget is here to download with" "install one of them"
  fi
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1"
  else
    fail "neither sha256sum nor shasum is here to check the download with" "install coreutils"
  fi | cut -d ' ' -f 1
}

needs_node() {
  remedy="install it from https://nodejs.org, or with \`nvm install 24\`, and run this again"
  command -v node >/dev/null 2>&1 || fail "chaos needs Node 24 or newer, and there is no node in PATH" "$remedy"
  found=$(node --version) || fail "node does not run" "$remedy"
  major=${found#v}
  [ "${major%%.*}" -ge 24 ] || fail "chaos needs Node 24 or newer; this is $found" "$remedy"
}

# One function, called on the last line: a download of this script that was cut short does nothing.
install_chaos() {
  dir=${INSTALL_DIR:-$HOME/.local/bin}
  base=${CHAOS_DOWNLOAD_URL:-https://github.com/system32-ai/chaos-agents/releases}
  case ${VERSION:-latest} in
    latest) from=$base/latest/download ;;
    v*) from=$base/download/$VERSION ;;
    *) from=$base/download/v$VERSION ;;
  esac
  needs_node
  home=$dir/.chaos-agents
  if [ -e "$dir/chaos" ] || [ -h "$dir/chaos" ]; then
    case $(readlink "$dir/chaos" || true) in
      .chaos-agents/*) ;;
      *) fail "$dir/chaos is there and was not installed by this script" "remove it, or set INSTALL_DIR" ;;
    esac
  fi

  work=$(mktemp -d)
  partial=
  trap 'rm -rf "$work" ${partial:+"$partial"}' EXIT
  trap 'exit 130' HUP INT TERM
  tarball=$work/chaos-agents.tar.gz
  for file in chaos-agents.tar.gz chaos-agents.tar.gz.sha256; do
    fetch "$from/$file" "$work/$file" || fail "$from/$file could not be downloaded" "check VERSION and the network"
  done
  expected=$(cut -d ' ' -f 1 "$tarball.sha256")
  actual=$(sha256 "$tarball")
  [ -n "$actual" ] && [ "$expected" = "$actual" ] ||
    fail "the download is damaged: its sha256 is $actual, and $expected was expected" "try again; if it stays so, do not use it"
  tar -xzf "$tarball" -C "$work" || fail "the download could not be unpacked"
  version=$("$work/chaos-agents/chaos" --version) || fail "the downloaded chaos does not run here"

  mkdir -p "$home" || fail "$home cannot be made" "set INSTALL_DIR to a folder you may write to"
  name=$version-$(printf %.8s "$actual")
  if [ ! -d "$home/$name" ]; then
    partial=$home/.partial-$$
    cp -R "$work/chaos-agents" "$partial" || fail "$home cannot be written to"
    mv "$partial" "$home/$name"
  fi
  # One rename puts the command in place; older versions stay, for runs that may still be using them.
  partial=$home/.link-$$
  ln -s ".chaos-agents/$name/chaos" "$partial"
  mv -f "$partial" "$dir/chaos"
  partial=

  echo "chaos $version is installed: $dir/chaos"
  case :$PATH: in
    *:"$dir":*) ;;
    *) echo "Add it to your PATH: export PATH=\"$dir:\$PATH\"" ;;
  esac
}

install_chaos
