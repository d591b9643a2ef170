"""Where settings come from, which source holds before which, and which is refused with what words."""

import os
import unittest
from typing import Any, Dict, Tuple
from unittest import mock

from on_a_machine import INSTANCE_ID, OnAMachine, Told
from spot_guard import contract, settings, sources
from spot_guard.answer import Answer, NoAnswer

TAGS = sources.TAGS_PATH
CACHE = {"instanceId": INSTANCE_ID, "tags": {"spot-guard": "enabled", "spot-guard:workload": "of-the-cache"}}


def tagged(tags: Dict[str, str]) -> Told:
    return Told({TAGS: "\n".join(tags), **{f"{TAGS}/{key}": value for key, value in tags.items()}})


class Precedence(OnAMachine):
    def found(self, metadata: Told) -> "tuple[str, str | None, bool | None]":
        source = sources.find(metadata, INSTANCE_ID)
        return source.name, (source.settings or {}).get("workload"), source.guarded

    def test_is_metadata_then_cache_then_file_then_none(self) -> None:
        cache = self.put(contract.TAGS_FILE, CACHE)
        file = self.put(contract.CONF_FILE, "# mine\n\nworkload = of-the-file\n")
        tags = tagged({"spot-guard": "enabled", "spot-guard:workload": "of-the-tags", "Name": "x"})
        off = Told({})
        self.assertEqual(self.found(tags), ("metadata tags", "of-the-tags", True))
        self.assertEqual(self.found(off), ("cached tags", "of-the-cache", True))
        os.unlink(cache)
        self.assertEqual(self.found(off), ("file", "of-the-file", None))
        os.unlink(file)
        self.assertEqual(self.found(off), ("none", None, None))
        why = sources.find(off, INSTANCE_ID).why
        for name in ("metadata tags: not enabled", "cached tags: ", "file: "):
            self.assertIn(name, why)

    def test_is_the_same_where_the_tags_do_not_name_spot_guard_at_all(self) -> None:
        self.put(contract.TAGS_FILE, CACHE)
        self.assertEqual(self.found(tagged({"Name": "x"})), ("metadata tags", None, False))

    def test_passes_over_metadata_that_fails_in_the_middle(self) -> None:
        self.put(contract.TAGS_FILE, CACHE)
        for answer in (NoAnswer("reset"), Answer(503, "", None)):
            with self.subTest(answer=answer):
                metadata = tagged({"spot-guard": "enabled", "spot-guard:workload": "x"})
                metadata.said[f"{TAGS}/spot-guard:workload"] = answer
                self.assertEqual(self.found(metadata)[0], "cached tags")

    def test_passes_over_metadata_that_takes_too_long(self) -> None:
        self.put(contract.TAGS_FILE, CACHE)
        ticks = iter(range(100))
        with mock.patch.object(sources.time, "monotonic", side_effect=lambda: next(ticks)):
            source = sources.find(tagged({"spot-guard": "enabled", "spot-guard:grace": "9"}), INSTANCE_ID)
        self.assertEqual((source.name, source.why), ("cached tags", "metadata tags: not all within 1.0 s"))


class Metadata(OnAMachine):
    def test_is_asked_only_for_tags_that_there_are_and_that_it_knows(self) -> None:
        metadata = tagged(
            {
                "spot-guard": "enabled",
                "spot-guard:units": "web",
                "../../../../etc/passwd": "x",
                "a b\x1b": "y",
            }
        )
        sources.find(metadata, INSTANCE_ID)
        self.assertEqual(sorted(metadata.asked), [TAGS, f"{TAGS}/spot-guard", f"{TAGS}/spot-guard:units"])

    def test_names_the_tags_that_are_no_settings_and_asks_for_none_of_them(self) -> None:
        metadata = tagged(
            {"spot-guard": "enabled", "spot-guard:unit": "web", "spot-guard:Grace": "9", "Name": "x"}
        )
        source = sources.find(metadata, INSTANCE_ID)
        self.assertEqual(source.unknown, ("spot-guard:Grace", "spot-guard:unit"))
        self.assertEqual(source.settings, {})
        self.assertEqual(sorted(metadata.asked), [TAGS, f"{TAGS}/spot-guard"])

    def test_says_nothing_about_where_reports_go(self) -> None:
        metadata = tagged({"spot-guard": "enabled", "spot-guard:reports": "of-a-tag"})
        source = sources.find(metadata, INSTANCE_ID)
        self.assertEqual((source.settings, source.unknown), ({}, ("spot-guard:reports",)))
        self.assertNotIn(f"{TAGS}/spot-guard:reports", metadata.asked)
        self.put(contract.CONF_FILE, "reports = of-the-file\n")
        with self.assertRaisesRegex(ValueError, "line 1: got 'reports = of-the-file'"):
            sources.of_file()

    def test_has_its_values_taken_as_they_are_and_judged_as_data(self) -> None:
        evil = "$(reboot) \x1b[2J; `halt`\nweb"
        source = sources.find(tagged({"spot-guard": "enabled", "spot-guard:units": evil}), INSTANCE_ID)
        self.assertEqual((source.settings or {})["units"], evil)
        parsed = settings.parse(source.settings or {})
        self.assertEqual(parsed.units, ("web",))
        for refused in parsed.refused:
            self.assertRegex(refused, r"\A[ -~]{1,200}\Z")

    def test_guards_by_the_exact_value_alone(self) -> None:
        for value in ("Enabled", "enabled ", "true", "remove", ""):
            with self.subTest(value=value):
                source = sources.find(tagged({"spot-guard": value}), INSTANCE_ID)
                self.assertIs(source.guarded, False)
                self.assertIn(f"=enabled, to the letter: got {value!r}", source.words_on_tag)

    def test_shows_another_value_cut_and_nothing_raw_of_it(self) -> None:
        source = sources.find(tagged({"spot-guard": "\x1b[2J\n\u00e9" * 100}), INSTANCE_ID)
        self.assertRegex(source.words_on_tag, r"\A[ -~]{1,300}\Z")


class Cache(OnAMachine):
    def test_of_another_instance_or_of_another_form_is_refused(self) -> None:
        contents: Tuple[Any, ...] = (
            {**CACHE, "instanceId": "i-0123456789abcdef1"},
            {"tags": {}},
            {"instanceId": INSTANCE_ID, "tags": ["spot-guard"]},
            ["x"],
            "null",
        )
        for content in contents:
            with self.subTest(content=content), self.assertRaisesRegex(ValueError, "of another instance"):
                self.put(contract.TAGS_FILE, content)
                sources.cached(INSTANCE_ID)

    def test_names_few_of_many_unknown_tags_and_nothing_raw(self) -> None:
        evil = {f"spot-guard:{number}\x1b[2J\n\u00e9" + "x" * 200: "secret" for number in range(50)}
        self.put(contract.TAGS_FILE, {**CACHE, "tags": {**evil, "spot-guard": "enabled"}})
        source = sources.find(Told({}), INSTANCE_ID)
        self.assertEqual(len(source.unknown), contract.UNKNOWN_TAGS_MAX)
        self.assertRegex(
            source.words_on_unknown, r"\Aunknown tags: [ -~]{1,400}; after spot-guard: there are units, "
        )
        self.assertNotIn("secret", source.words_on_unknown)

    def test_that_another_user_may_write_is_refused(self) -> None:
        self.put(contract.TAGS_FILE, CACHE, mode=0o666)
        self.assertIn("chmod go-w", sources.find(Told({}), INSTANCE_ID).why)


class File(OnAMachine):
    def test_has_all_its_faults_named_together(self) -> None:
        self.put(
            contract.CONF_FILE,
            "units = web\ncolour = red\n\nworkload\nGRACE = 5\nunits = b\nstopped = leave # why\n",
        )
        with self.assertRaises(ValueError) as caught:
            sources.of_file()
        words = str(caught.exception)
        for part in (
            "line 2: got 'colour = red'",
            "line 4: got 'workload'",
            "line 5: got 'GRACE = 5'",
            "line 6: got units again",
            "line 7: got a comment behind stopped",
            "allowed NAME",
        ):
            self.assertIn(part, words)
        self.assertNotIn("line 1", words)

    def test_keeps_what_stands_behind_the_first_equals_sign(self) -> None:
        self.put(contract.CONF_FILE, "  state = /srv/a=b \r\nunits=\n")
        self.assertEqual(sources.of_file(), {"state": "/srv/a=b", "units": ""})

    def test_with_escapes_is_named_in_plain_words(self) -> None:
        self.put(contract.CONF_FILE, "\x1b[2Jé" + "x" * 500 + "\n")
        with self.assertRaisesRegex(ValueError, r"\A[ -~]{1,300}\Z"):
            sources.of_file()


if __name__ == "__main__":
    unittest.main()
