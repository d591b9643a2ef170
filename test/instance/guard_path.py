"""Puts the guard's sources on the import path, as they stand in the tree."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "instance" / "guard"))
sys.path.insert(0, str(Path(__file__).parents[2] / "instance"))
