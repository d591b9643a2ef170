#!/bin/sh
# SpotGuard, step remove: takes the guard off. It needs nothing that the installed guard does not bring.
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
for guard in "${SPOT_GUARD_ROOT:-}"/usr/local/lib/spot-guard/guard-*.pyz; do
  if [ -e "$guard" ]; then exec python3 -I -S "$guard" uninstall; fi
done
echo "not installed"
