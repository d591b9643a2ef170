#!/bin/sh
# SpotGuard, step accept: puts the guard in place, then refuses a notice whose deadline has passed.
# The agent replaces the parameter in double braces, and a doubled dollar sign by a single one.
umask 022
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
run="${SPOT_GUARD_ROOT:-}/run/spot-guard"
guard="$run/guard-@SHA256@.pyz"
refuse() {
  echo "refused: $1"
  exit 169
}
whole() { echo "@SHA256@  $1" | sha256sum -c --status 2>/dev/null; }
command -v python3 >/dev/null 2>&1 || refuse "no python3 on this machine: SpotGuard needs Python 3.9 or newer"
for tool in base64 gzip mktemp sha256sum; do
  command -v "$tool" >/dev/null 2>&1 || refuse "no $tool on this machine: it is in coreutils or gzip"
done
if ! whole "$guard"; then
  fault=$(mkdir -p "$run" 2>&1) || refuse "$run cannot be made: $fault"
  fresh=$(mktemp "$run/guard.XXXXXX" 2>&1) || refuse "$run cannot be written: $fresh"
  base64 -d <<'GUARD' 2>/dev/null | gzip -dc >"$fresh" 2>/dev/null
@BASE64@
GUARD
  whole "$fresh" || {
    rm -f "$fresh"
    refuse "the guard could not be written whole to $run: is it full?"
  }
  mv -f "$fresh" "$guard" || refuse "the guard could not be put in place in $run"
fi
exec python3 -I -S "$guard" step accept '{{ Notices }}'
