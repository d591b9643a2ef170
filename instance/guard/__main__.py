"""The guard's command line: `step NAME NOTICES` (the document's), `run FOLDER` (the detached runner)."""

import sys

if sys.version_info < (3, 9):  # noqa: UP036
    print("refused: SpotGuard needs Python 3.9 or newer, this is " + sys.version.split()[0])
    sys.exit(169)

from spot_guard import contract  # noqa: E402


def main() -> int:
    command, arguments = sys.argv[1:2], sys.argv[2:]
    if command == ["step"] and len(arguments) == 2 and arguments[0] in contract.STEPS:
        from spot_guard import step

        return step.run(*arguments)
    if command == ["run"] and len(arguments) == 1:
        from spot_guard import plan

        return plan.run(arguments[0])
    print("usage: spot-guard step accept|drain|save|clean|report NOTICES | spot-guard run FOLDER")
    return contract.EXIT_USAGE


sys.exit(main())
