"""The commands for people, and those that systemd's units call."""

import argparse
import os
import sys
from typing import Callable, Dict, List

from . import contract

Command = Callable[[argparse.Namespace], int]


def run(arguments: List[str]) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:
        return contract.EXIT_USAGE if end.code else contract.EXIT_OK
    if os.geteuid() != 0 and not os.environ.get(contract.ROOT_VARIABLE):
        print(f"spot-guard {options.command}: needs root, call it with sudo", file=sys.stderr)
        return contract.EXIT_USAGE
    command: Command = COMMANDS[options.command]
    try:
        return command(options)
    except OSError as error:
        print(f"spot-guard {options.command}: {error}", file=sys.stderr)
        return contract.EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "spot-guard", description="Makes the two minutes before a Spot interruption count."
    )
    parser.add_argument("--version", nargs=0, action=_Version, help="which guard this is")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("status", help="settings and where they come from, the last poll, the last run")
    commands.add_parser(
        "check", help="whether this machine would be protected: a line each, exit code 0 or 1"
    )
    rehearse = commands.add_parser("run", help="runs the plan without a notice")
    rehearse.add_argument(
        "--rehearse", action="store_true", required=True, help="EC2 alone calls for the real one"
    )
    rehearse.add_argument(
        "--window",
        type=_window,
        default=contract.WINDOW_SECONDS,
        metavar="SECONDS",
        help="to the deadline, from 8 to 120 (default 120)",
    )
    install = commands.add_parser("install", help="puts this guard onto the machine as a service")
    install.add_argument(
        "--defaults",
        type=_defaults,
        metavar="NAME=SECONDS,...",
        help="what the stack sets for all instances (default: what it set before)",
    )
    commands.add_parser("uninstall", help="takes it off; hooks and settings in /etc/spot-guard stay")
    commands.add_parser("watch", help="watches for a notice, where systemd does not do it")
    commands.add_parser("fetch-tags", help="keeps a copy of the instance's tags, as a timer does hourly")
    commands.add_parser("start-wanted", help="the units' own: starts what the watcher asks for")
    commands.add_parser("start-again", help="starts what a plan has stopped")
    return parser


def _window(text: str) -> int:
    least, most = 8, contract.WINDOW_SECONDS
    if not text.isdigit() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"got {text!r}, allowed whole seconds from {least} to {most}")
    return int(text)


def _defaults(text: str) -> Dict[str, str]:
    from . import install

    try:
        return install.parse_defaults(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class _Version(argparse.Action):
    """argparse's own takes words that would have to be made for every call, a notice's too."""

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> None:
        from . import version

        print(f"spot-guard {version.named(version.read())}")
        parser.exit()


def _status(_options: argparse.Namespace) -> int:
    from . import status

    return status.show()


def _check(_options: argparse.Namespace) -> int:
    from . import check

    return check.show()


def _rehearse(options: argparse.Namespace) -> int:
    from . import rehearse

    return rehearse.run(options.window)


def _install(options: argparse.Namespace) -> int:
    from . import install

    try:
        print(install.install(options.defaults))
    except install.Failed as failed:
        return _fail(options, failed)
    return contract.EXIT_OK


def _uninstall(options: argparse.Namespace) -> int:
    from . import install

    try:
        print(install.uninstall())
    except install.Failed as failed:
        return _fail(options, failed)
    return contract.EXIT_OK


def _watch(_options: argparse.Namespace) -> int:
    from . import watch

    return watch.run(sandboxed=False)


def _fetch_tags(options: argparse.Namespace) -> int:
    from . import aws, fetch_tags

    try:
        print(f"{fetch_tags.fetch()} tags of SpotGuard's")
    except aws.NoRole as why:
        print(why)
    except aws.Failed as failed:
        return _fail(options, failed)
    return contract.EXIT_OK


def _start_wanted(_options: argparse.Namespace) -> int:
    from . import wanted

    return wanted.start()


def _start_again(_options: argparse.Namespace) -> int:
    from . import afterwards

    for line in afterwards.start_again():
        print(line)
    return contract.EXIT_OK


def _fail(options: argparse.Namespace, failed: Exception) -> int:
    print(f"spot-guard {options.command}: {failed}", file=sys.stderr)
    return contract.EXIT_FAILED


COMMANDS: Dict[str, Command] = {
    "status": _status,
    "check": _check,
    "run": _rehearse,
    "install": _install,
    "uninstall": _uninstall,
    "watch": _watch,
    "fetch-tags": _fetch_tags,
    "start-wanted": _start_wanted,
    "start-again": _start_again,
}
