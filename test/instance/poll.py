"""Polls once for each line on stdin, with metadata.py and sighting.py of the package in the folder given."""

import json
import sys
import time

sys.path.insert(0, sys.argv[1])

from spot_guard import metadata, sighting  # noqa: E402


def poll(service: metadata.Metadata) -> str:
    """What it saw, in words."""
    try:
        answer = service.get(sighting.INSTANCE_ACTION_PATH)
    except metadata.NoAnswer:
        return "unknown"
    seen = sighting.of_interruption(answer, time.time())
    if isinstance(seen, sighting.Seen):
        # The service tells its time in whole seconds.
        return f"{seen.action} at {seen.time}, clock {round(seen.skew, -1):+.0f} s"
    if isinstance(seen, sighting.Unknown):
        return "throttled" if seen.throttled else "unknown"
    return "none"


def main() -> None:
    service = metadata.Metadata()
    for _ in sys.stdin:
        began = time.monotonic()
        seen = poll(service)
        print(json.dumps({"seen": seen, "seconds": time.monotonic() - began}), flush=True)


main()
