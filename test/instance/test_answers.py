"""An answer as it comes over the wire: whole, not whole, or nothing that an HTTP service says."""

import unittest
from typing import Any, Optional

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import metadata, sighting
from spot_guard.answer import Answer, NoAnswer

PARSE: Any = metadata._parse  # pyright: ignore[reportPrivateUsage]


def parse(data: bytes, closed: bool = True) -> Optional[Answer]:
    return PARSE(data, closed)


class Parse(unittest.TestCase):
    def test_takes_an_answer_as_soon_as_it_is_whole(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\nok"
        for cut in range(len(data)):
            self.assertIsNone(parse(data[:cut], closed=False))
        self.assertEqual(parse(data, closed=False), Answer(200, "ok", "now"))
        self.assertEqual(parse(data + b"more", closed=False), Answer(200, "ok", "now"))

    def test_takes_one_without_a_length_when_it_is_closed(self) -> None:
        data = b"HTTP/1.1 404 Not Found\r\n\r\nnothing"
        self.assertIsNone(parse(data, closed=False))
        self.assertEqual(parse(data), Answer(404, "nothing", None))

    def test_takes_nothing_else_for_an_answer(self) -> None:
        for data in (
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 2\r\n\r\n",
            b"HTTP/1.1 \xb2\xb2\xb2\r\n\r\n",
            "HTTP/1.1 ٢٠٠\r\n\r\n".encode(),
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n\xff",
        ):
            with self.subTest(data[:60]), self.assertRaises(NoAnswer):
                parse(data)


class Interruption(unittest.TestCase):
    NOW = 1_795_519_300.0
    BODY = '{"action":"terminate","time":"2026-11-24T11:23:40Z"}'

    def test_is_read_by_the_services_own_clock_where_that_differs(self) -> None:
        date = "Tue, 24 Nov 2026 11:21:40 GMT"
        at = 1_795_519_420
        for now, skew in (
            (self.NOW, 0.0),
            (self.NOW + 1.9, 0.0),
            (self.NOW + 300.5, 300.5),
            (self.NOW - 40, -40.0),
        ):
            with self.subTest(now=now):
                seen = sighting.of_interruption(Answer(200, self.BODY, date), now)
                self.assertEqual(seen, sighting.Seen("terminate", at, skew))

    def test_is_read_by_this_machines_clock_where_the_service_tells_no_time(self) -> None:
        for date in (None, "", "yesterday", "Tue, 99 Nov 2026 11:21:40 GMT", "\x1b[2J"):
            with self.subTest(date=date):
                seen = sighting.of_interruption(Answer(200, self.BODY, date), self.NOW)
                self.assertEqual(seen, sighting.Seen("terminate", 1_795_519_420, 0.0))

    def test_of_another_year_is_told_in_the_same_words_each_second(self) -> None:
        answer = Answer(200, '{"action": "stop", "time": "2025-01-01T00:00:00Z"}', None)
        first, second = (sighting.of_interruption(answer, now) for now in (1_795_519_420.0, 1_795_519_421.0))
        self.assertIsInstance(first, sighting.Unknown)
        self.assertEqual(first, second)

    def test_that_is_not_understood_is_told_in_plain_words_of_bounded_length(self) -> None:
        evil = "\\u001b[2J\\u0007é" * 5_000
        for body in (f'{{"action":"{evil}"}}', f'{{"action":"stop","time":"{evil}"}}', evil, f'["{evil}"]'):
            with self.subTest(body=body[:30]):
                seen = sighting.of_interruption(Answer(200, body, None), self.NOW)
                assert isinstance(seen, sighting.Unknown)
                self.assertRegex(seen.why, r"\A[ -~]{1,100}\Z")


if __name__ == "__main__":
    unittest.main()
