# Puts the guard in place, or refuses: 169 ends a document whatever steps follow. A part of the steps that start it.
refuse() {
  echo "refused: $1"
  exit 169
}
whole() { echo "@SHA256@  $1" | sha256sum -c --status 2>/dev/null; }
put() {
  guard="$1/guard-@SHA256@.pyz"
  if whole "$guard"; then return; fi
  if ! fresh=$(mkdir -p -m "$2" "$1" 2>&1 && mktemp "$1/guard.XXXXXX" 2>&1); then
    fault="${fault:+$fault; }$1 cannot be written: $fresh"
    return 1
  fi
  base64 -d <<'GUARD' 2>/dev/null | gzip -dc >"$fresh" 2>/dev/null
@BASE64@
GUARD
  if whole "$fresh" && mv -fT "$fresh" "$guard"; then return; fi
  rm -f "$fresh"
  # Another command may have put it there meanwhile. A torn one must not be found by the steps that follow.
  if whole "$guard"; then return; fi
  rm -f "$guard"
  fault="${fault:+$fault; }the guard could not be written whole to $1: is it full?"
  return 1
}
command -v python3 >/dev/null 2>&1 || refuse "no python3 on this machine: SpotGuard needs Python 3.9 or newer"
for tool in base64 gzip mktemp sha256sum; do
  command -v "$tool" >/dev/null 2>&1 || refuse "no $tool on this machine: it is in coreutils or gzip"
done
# /run is memory, and another may have filled it.
put "${SPOT_GUARD_ROOT:-}/run/spot-guard" 755 || put "${SPOT_GUARD_ROOT:-}/var/lib/spot-guard" 700 || refuse "$fault"
