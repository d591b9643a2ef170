#!/bin/sh
# SpotGuard, step install: puts the guard in place, which then installs itself. State Manager runs it again and again.
# The agent replaces the parameter in double braces, and a doubled dollar sign by a single one.
umask 022
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
@GUARD@
exec python3 -I -S "$guard" install --defaults '{{ Defaults }}'
