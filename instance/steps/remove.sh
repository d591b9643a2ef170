#!/bin/sh
# SpotGuard, step remove: takes the guard off. It needs nothing that the installed guard does not bring.
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
guard="${SPOT_GUARD_ROOT:-}/usr/local/bin/spot-guard"
if [ -e "$guard" ]; then exec python3 -I -S "$guard" uninstall; fi
echo "not installed"
