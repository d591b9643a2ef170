"""The guard's command line: `step` is the document's, `run` the runner, the others are tasks of it."""

import sys

if sys.version_info < (3, 9):  # noqa: UP036
    print("refused: SpotGuard needs Python 3.9 or newer, this is " + sys.version.split()[0])
    sys.exit(169)

from spot_guard import contract  # noqa: E402


def main() -> int:
    command, arguments = sys.argv[1:2], sys.argv[2:]
    if command == ["step"] and len(arguments) in (2, 3) and arguments[0] in contract.STEPS:
        from spot_guard import step

        return step.run(*arguments)
    if command == ["run"] and len(arguments) == 1 and arguments[0].startswith("/"):
        from spot_guard import runner

        return runner.run(arguments[0])
    if command == ["watch"] and arguments in ([], ["--sandboxed"]):
        from spot_guard import watch

        return watch.run(sandboxed=bool(arguments))
    if command == ["stop-units"] and len(arguments) >= 3 and arguments[0].isdigit():
        from spot_guard import stopping

        return stopping.stop_units(int(arguments[0]), arguments[1], arguments[2:])
    if command == ["stop-containers"] and len(arguments) >= 4 and (arguments[0] + arguments[2]).isdigit():
        from spot_guard import stopping

        return stopping.stop_containers(int(arguments[0]), arguments[1], int(arguments[2]), arguments[3:])
    try:
        from spot_guard import cli
    except ImportError:
        print("not installed: this guard came with a command and can only run the plan")
        return contract.EXIT_USAGE
    return cli.run(sys.argv[1:])


sys.exit(main())
