#!/bin/sh
# SpotGuard, step accept: puts the guard in place, then refuses a notice whose deadline has passed.
# The agent replaces the parameters in double braces, and a doubled dollar sign by a single one.
umask 022
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
@GUARD@
exec python3 -I -S "$guard" step accept '{{ Notices }}' '{{ Reports }}'
