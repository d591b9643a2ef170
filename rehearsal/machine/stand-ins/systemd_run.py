"""systemd-run, as far as the guard calls it: a unit with the manager's environment, not the caller's."""

import sys

import processes

IGNORED = ("--collect", "--quiet", "--property=")
"""What changes nothing that can be seen from here."""


def main() -> int:
    processes.log("systemd-run")
    unit = ""
    env = processes.manager_environment()
    arguments = sys.argv[1:]
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        name, _, value = option.partition("=")
        if option == "--":
            break
        if name == "--unit":
            unit = value.removesuffix(".service")
        elif name == "--setenv":
            key, _, text = value.partition("=")
            env[key] = text
        elif not option.startswith(IGNORED):
            return processes.refuse("systemd-run", option)
    if not unit or not arguments:
        return processes.refuse("systemd-run", "a call without --unit or command")
    if not processes.Registry("units").start(unit, arguments, env):
        print(f"Failed to start transient service unit: Unit {unit}.service already exists.", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
