"""EC2's answer and the role's credentials: what is not as AWS gives it is refused, in plain words."""

import json
import unittest
from typing import Any, Dict

from on_a_machine import INSTANCE_ID, OnAMachine, Told
from spot_guard import fetch_tags, identity, role, sigv4, sources
from spot_guard.answer import Answer

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
ROLE = "app-role"
GOOD: Dict[str, Any] = {
    "Code": "Success",
    "AccessKeyId": "AKIDEXAMPLE",
    "SecretAccessKey": "s",
    "Token": "t==",
}


def answer(*items: str, head: str = "", namespace: str = NAMESPACE) -> bytes:
    tags = "".join(f"<item>{item}</item>" for item in items)
    name = "DescribeTagsResponse"
    return f'{head}<{name} xmlns="{namespace}"><tagSet>{tags}</tagSet></{name}>'.encode()


class Parse(unittest.TestCase):
    def test_finds_the_tags_whatever_the_namespace(self) -> None:
        items = ("<key>spot-guard</key><value>enabled</value>", "<key>spot-guard:units</key><value/>")
        for namespace in (NAMESPACE, "", "http://ec2.amazonaws.com/doc/2030-01-01/"):
            with self.subTest(namespace=namespace):
                tags = fetch_tags.parse(answer(*items, namespace=namespace))
                self.assertEqual(tags, {"spot-guard": "enabled", "spot-guard:units": ""})

    def test_takes_what_is_escaped_for_what_it_stands_for(self) -> None:
        self.assertEqual(
            fetch_tags.parse(answer("<key>a&amp;b</key><value>&#x27;&lt;&#xe9;</value>")), {"a&b": "'<é"}
        )

    def test_finds_none_in_an_answer_of_another_kind(self) -> None:
        self.assertEqual(fetch_tags.parse(answer()), {})
        for xml in (
            b"<html/>",
            b"<Response><item><key>a</key></item></Response>",
            b"<DescribeTagsResponse/>",
        ):
            with self.subTest(xml), self.assertRaisesRegex(fetch_tags.Failed, "no list of tags"):
                fetch_tags.parse(xml)

    def test_refuses_document_types_and_entities_in_every_encoding(self) -> None:
        laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        for xml in (
            answer("<key>&b;</key><value>x</value>", head=laughs),
            answer(head='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
            answer("<key>&b;</key>", head=laughs).decode().encode("utf-16"),
            answer("<key>&b;</key>", head=laughs).decode().encode("utf-16-le"),
        ):
            with self.subTest(xml[:30]), self.assertRaises(fetch_tags.Failed):
                fetch_tags.parse(xml)

    def test_refuses_what_is_no_xml(self) -> None:
        for xml in (b"", b"<a>", b"{}", b"\xff\xfe", b"<a>\x00</a>", answer() + answer()):
            with self.subTest(xml[:30]), self.assertRaises(fetch_tags.Failed):
                fetch_tags.parse(xml)


class Remember(OnAMachine):
    def test_believes_that_the_tag_is_gone_at_the_third_time(self) -> None:
        good = {"spot-guard": "enabled", "spot-guard:units": "worker"}
        fetch_tags.remember(INSTANCE_ID, good)
        for _ in range(2):
            with self.assertRaisesRegex(fetch_tags.Failed, "EC2 tells no tag spot-guard"):
                fetch_tags.remember(INSTANCE_ID, {})
            self.assertEqual(sources.cached(INSTANCE_ID), good)
        fetch_tags.remember(INSTANCE_ID, {"spot-guard:units": "worker"})
        self.assertEqual(sources.cached(INSTANCE_ID), {"spot-guard:units": "worker"})

    def test_knows_nothing_while_a_new_instance_has_no_tag_yet(self) -> None:
        with self.assertRaises(fetch_tags.Failed):
            fetch_tags.remember(INSTANCE_ID, {})
        with self.assertRaisesRegex(ValueError, "not known yet"):
            sources.cached(INSTANCE_ID)


class Credentials(unittest.TestCase):
    def of(self, said: str, name: str = ROLE) -> sigv4.Credentials:
        return role.credentials(Told({role.ROLE_PATH: name, role.ROLE_PATH + ROLE: said}))

    def test_are_those_of_the_role(self) -> None:
        self.assertEqual(self.of(json.dumps(GOOD)), sigv4.Credentials("AKIDEXAMPLE", "s", "t=="))

    def test_are_none_where_the_instance_has_no_role(self) -> None:
        with self.assertRaises(LookupError):
            role.credentials(Told({}))

    def test_are_refused_in_plain_words_where_they_are_not_whole_or_would_break_a_header(self) -> None:
        evil = "\x1b[2J\r\nX-Evil: é" * 200
        for name, said in (
            ("no JSON", "<html>"),
            ("nested deep", "[" * 60_000),
            ("a list", "[]"),
            ("not a success", json.dumps({**GOOD, "Code": evil})),
            ("a part too few", json.dumps({"Code": "Success", "AccessKeyId": "x"})),
            ("a part that is no text", json.dumps({**GOOD, "Token": 7})),
            ("a token of two lines", json.dumps({**GOOD, "Token": "t\r\nX-Evil: 1"})),
        ):
            with self.subTest(name), self.assertRaises(ValueError) as caught:
                self.of(said)
            self.assertRegex(str(caught.exception), r"\A[ -~]{1,250}\Z")

    def test_are_not_asked_for_by_a_name_that_is_none(self) -> None:
        for name in ("../../user-data", "a\rb", "\x1b[2J", "x" * 65, "a b"):
            with (
                self.subTest(name),
                self.assertRaisesRegex(ValueError, r"\Athe name of the role is [ -~]+\Z"),
            ):
                self.of(json.dumps(GOOD), name)


class Identity(unittest.TestCase):
    def test_is_an_instance_id_and_nothing_else(self) -> None:
        for said in ("i-0123456789abcdef0", "i-01234567\n"):
            self.assertEqual(identity.instance_id_of(Told({identity.PATH: said})), said.strip())
        for said in ("", "i-xyz", "\x1b[2J" * 5_000, "i-01234567\ni-01234568", "i-01234567/../../x"):
            with self.subTest(said[:20]), self.assertRaisesRegex(identity.Unidentified, r"\A[ -~]{1,300}\Z"):
                identity.instance_id_of(Told({identity.PATH: said}))
        with self.assertRaisesRegex(identity.Unidentified, "HTTP 500"):
            identity.instance_id_of(Told({identity.PATH: Answer(500, "i-01234567", None)}))


class Sign(unittest.TestCase):
    """Against the two examples of AWS's published test suite that are POSTs to `/`."""

    def signature(self, headers: Dict[str, str], body: bytes) -> str:
        example = sigv4.Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
        signed = sigv4.sign(
            example, "us-east-1", "service", "example.amazonaws.com", headers, body, "20150830T123600Z"
        )
        return signed["authorization"].rpartition("=")[2]

    def test_gives_the_signatures_of_the_examples(self) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(
            self.signature({}, b""), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        )
        self.assertEqual(
            self.signature(form, b"Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        )


if __name__ == "__main__":
    unittest.main()
