#!/bin/sh
# SpotGuard, step @STEP@: starts the plan or joins it, and follows it until the stage has ended.
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
exec python3 -I -S "${SPOT_GUARD_ROOT:-}/run/spot-guard/guard-@SHA256@.pyz" step @STEP@ '{{ Notices }}'
