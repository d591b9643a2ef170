"""The guard: SpotGuard's program on the instance. Python 3.9 or newer, standard library alone."""

VERSION = "0.1.0"
