# Puts the guard in place, or refuses: 169 ends a document whatever steps follow. A part of the steps that start it.
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
