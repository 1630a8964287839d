#!/bin/sh
# `crosswatch` in the image: what the container starts, and what `exec` into it runs. Both come this way,
# so that whatever a command writes into the folder belongs to the user that the app runs as.
#
#   PUID, PGID  the user and group to run as, where the container starts as root (1000 and 1000)
#   UMASK       which rights new files lack (077)
#   TZ          the time zone
set -eu

program=$(dirname "$(readlink -f "$0")")/venv/bin/crosswatch
folder=${CROSSWATCH_CONFIG_DIR:-/config}

say() {
  printf 'crosswatch: %s\n' "$*" >&2
}

fail() {
  say "$@"
  exit 1
}

# Usage: require_number NAME VALUE
require_number() {
  case $2 in
    '' | *[!0-9]*) fail "$1 has to be a number, and is '$2'." ;;
  esac
}

as_user() {
  setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- "$@"
}

# Only what is wrong is changed, and no link is followed: the folder may be large, and is not root's.
own_folder() {
  mkdir -p "$folder" || fail "$folder cannot be made."
  find "$folder" -xdev \( ! -uid "$uid" -o ! -gid "$gid" \) -execdir chown -h "$uid:$gid" {} + 2>/dev/null ||
    say "Some files in $folder do not belong to $uid:$gid, and could not be given to them."
}

require_writable() {
  if ! "$@" test -d "$folder" || ! "$@" test -w "$folder" || ! "$@" test -x "$folder"; then
    fail "$folder cannot be written by user $uid, group $gid." \
      "Give the folder to them (chown $uid:$gid on the host), or start the container as its owner."
  fi
}

case ${UMASK:=077} in
  [0-7][0-7][0-7] | 0[0-7][0-7][0-7]) umask "$UMASK" ;;
  *) fail "UMASK has to be three octal digits, such as 022, and is '$UMASK'." ;;
esac

case ${TZ:-} in
  */*) [ -e "/usr/share/zoneinfo/$TZ" ] || say "There is no time zone $TZ, so it is UTC." ;;
esac

# These two look at nothing that could belong to somebody else.
case ${1:-} in
  healthcheck | version) is_quick=yes ;;
  *) is_quick= ;;
esac

export HOME="$folder" # where a user has none, a number will do

if [ "$(id -u)" -ne 0 ]; then
  uid=$(id -u) gid=$(id -g)
  [ "$is_quick" ] || require_writable
  exec "$program" "$@"
fi

uid=${PUID:-1000} gid=${PGID:-1000}
require_number PUID "$uid"
require_number PGID "$gid"

if [ "$uid" -eq 0 ]; then
  [ "$is_quick" ] || say "Runs as root, since PUID is 0. That is for engines that run without root themselves."
  mkdir -p "$folder" || fail "$folder cannot be made."
  [ "$is_quick" ] || require_writable
  exec "$program" "$@"
fi

as_user true 2>/dev/null ||
  fail "The user cannot be changed to $uid:$gid here: the capabilities SETUID and SETGID are missing." \
    "Start the container as that user instead (--user $uid:$gid), without PUID and PGID."
if [ ! "$is_quick" ]; then
  own_folder
  require_writable as_user
fi
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- "$program" "$@"
