"""Tags are data: what is not plainly right is refused, and the rest holds."""

import os
import random
import tempfile
import threading
import unittest
from typing import Dict
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, settings

HOSTILE = (
    "$(reboot)",
    "; rm -rf /",
    "`id`",
    "../../etc",
    "--help",
    "a\nb\x00c",
    "\u202ereboot",
    "'\"",
    "%n%n",
    "x" * 256,
)


class Parse(unittest.TestCase):
    def test_names_are_separated_by_commas_or_spaces_and_kept_once(self) -> None:
        parsed = settings.parse({"units": " worker, web.service  worker@2 worker", "containers": "a,b"})
        self.assertEqual(parsed.units, ("worker", "web.service", "worker@2"))
        self.assertEqual(parsed.containers, ("a", "b"))
        self.assertEqual(parsed.refused, ())

    def test_nothing_set_gives_the_defaults(self) -> None:
        parsed = settings.parse({})
        self.assertEqual(parsed.seconds, contract.DEFAULT_SECONDS)
        self.assertEqual((parsed.units, parsed.containers, parsed.state, parsed.workload), ((), (), (), ""))

    def test_a_hostile_value_is_refused_and_never_becomes_an_option(self) -> None:
        for value in HOSTILE:
            for name in ("units", "containers", "state", "workload"):
                with self.subTest(name=name, value=value):
                    parsed = settings.parse({name: value})
                    for kept in parsed.units + parsed.containers + (parsed.workload,):
                        self.assertRegex(kept, r"^([A-Za-z0-9_][A-Za-z0-9:_.@-]*)?$")
                    self.assertEqual(parsed.state, ())

    def test_what_is_refused_is_told_in_printable_ascii_of_bounded_length(self) -> None:
        for value in HOSTILE:
            for told in settings.parse({"units": value, "grace": value}).refused:
                self.assertTrue(told.isascii() and told.isprintable() and len(told) < 300, told)

    def test_the_units_that_handle_the_interruption_cannot_be_stopped(self) -> None:
        for unit in (
            "amazon-ssm-agent",
            "spot-guard-run.service",
            "snap.amazon-ssm-agent.amazon-ssm-agent",
            "systemd-networkd",
            "dbus.socket",
            "NetworkManager",
            "networking",
        ):
            parsed = settings.parse({"units": f"{unit} worker"})
            self.assertEqual(parsed.units, ("worker",))
            self.assertEqual(len(parsed.unsafe), 1)

    def test_only_units_that_run_something_can_be_stopped(self) -> None:
        parsed = settings.parse({"units": "multi-user.target -.mount user.slice a.timer b.c"})
        self.assertEqual(parsed.units, ("a.timer", "b.c"))

    def test_seconds_out_of_range_leave_the_default_and_are_told(self) -> None:
        for value in ("", "abc", "-5", "4.5", "1e1", "0", "116", "99999999999", "٤٥"):
            with self.subTest(value=value):
                parsed = settings.parse({"drain-until": value})
                self.assertEqual(parsed.seconds, contract.DEFAULT_SECONDS)
                self.assertEqual(len(parsed.refused), 1)
                self.assertEqual(parsed.unsafe, ())

    def test_seconds_in_range_hold(self) -> None:
        parsed = settings.parse({"drain-until": "60", "save-until": "20", "clean-until": "10", "grace": "2"})
        self.assertEqual(parsed.seconds, {"drain-until": 60, "save-until": 20, "clean-until": 10, "grace": 2})

    def test_moments_that_do_not_fall_leave_the_defaults(self) -> None:
        parsed = settings.parse({"drain-until": "8"})
        self.assertEqual(parsed.seconds, contract.DEFAULT_SECONDS)
        self.assertEqual(len(parsed.refused), 1)

    def test_any_map_of_strings_gives_settings(self) -> None:
        dice = random.Random(20261124)
        alphabet = "ab1,; $()`'\"\\/\n\t\0-.@:\u00e9\u202e\U0001f600"
        for _ in range(5_000):
            raw: Dict[str, str] = {
                name: "".join(dice.choice(alphabet) for _ in range(dice.randint(0, 30)))
                for name in contract.SETTINGS
            }
            parsed = settings.parse(raw)
            for unit in parsed.units:
                self.assertFalse(unit.startswith("-"))


class State(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        change = mock.patch.dict(os.environ, {contract.ROOT_VARIABLE: self.root})
        change.start()
        self.addCleanup(change.stop)
        os.makedirs(self.root + "/srv/app/state")
        os.makedirs(self.root + "/etc/spot-guard")

    def test_a_folder_below_a_default_root_is_taken(self) -> None:
        self.assertEqual(settings.parse({"state": "/srv/app/state"}).state, ("/srv/app/state",))

    def test_a_folder_elsewhere_is_refused(self) -> None:
        for path in ("/etc/spot-guard", "/", "/srv", "/srv/../etc", "srv/app", "/root/.ssh"):
            with self.subTest(path=path):
                parsed = settings.parse({"state": path})
                self.assertEqual(parsed.state, ())
                self.assertEqual(len(parsed.unsafe), 1)

    def test_a_link_that_leads_out_of_the_root_is_refused(self) -> None:
        os.symlink(self.root + "/etc", self.root + "/srv/app/link")
        self.assertEqual(settings.parse({"state": "/srv/app/link"}).state, ())

    def test_a_folder_on_a_server_that_is_gone_is_refused_and_holds_nobody_up(self) -> None:
        never = threading.Event()
        self.addCleanup(never.set)

        def realpath(path: str) -> str:
            never.wait()
            return path

        with mock.patch.object(os.path, "realpath", realpath):
            parsed = settings.parse({"state": "/mnt/efs/state", "units": "worker"})
        self.assertEqual((parsed.units, parsed.state), (("worker",), ()))
        self.assertEqual(parsed.unsafe, ("state: /mnt/efs/state: does not answer within 0.5 s",))

    def test_the_file_of_roots_decides_where_there_is_one(self) -> None:
        with open(self.root + "/etc/spot-guard/roots", "w", encoding="utf-8") as file:
            file.write("# mine\n/tank\n/not/../normal\n")
        self.assertEqual(settings.parse({"state": "/srv/app/state"}).state, ())
        self.assertEqual(settings.parse({"state": "/tank/x"}).state, ("/tank/x",))


if __name__ == "__main__":
    unittest.main()
