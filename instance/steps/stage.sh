#!/bin/sh
# SpotGuard, step @STEP@: starts the plan or joins it, and follows it until the stage has ended.
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
name=spot-guard/guard-@SHA256@.pyz
guard="${SPOT_GUARD_ROOT:-}/run/$name"
[ -e "$guard" ] || guard="${SPOT_GUARD_ROOT:-}/var/lib/$name"
exec python3 -I -S "$guard" step @STEP@ '{{ Notices }}' '{{ Reports }}'
