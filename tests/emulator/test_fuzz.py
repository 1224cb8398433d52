"""Whatever comes in, over the wire or to an operation, there is an answer, and never a 500."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from aiohttp.http_exceptions import HttpProcessingError

from autumn_async.emulator import Emulator
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.messages import Request
from autumn_async.emulator.operations.table import SERVED
from autumn_async.emulator.state.graph import decode, encode
from autumn_async.emulator.validation import Shape

from .conftest import KEY, StandingClock
from .nonsense import SOUND, Nonsense

AT_ONCE = 20
PATIENCE_S = 1.0
LONG = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(100, 140)]
REQUEST = (
    b"POST /v1/balances.check HTTP/1.1\r\nHost: localhost\r\n"
    b"Authorization: Bearer " + KEY.encode() + b"\r\nX-Api-Version: 2.3.0\r\n"
    b"Idempotency-Key: k\r\nContent-Length: 44\r\n\r\n"
    b'{"customer_id": "alice", "feature_id": "m" }'
)
PIECES = (
    *(b"\r\n", b"\r\n\r\n", b"\0", b" ", b":", b"/", b"?", b"%", b"%ff", b"%2e%2e", b"//", b"\xff"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: br\r\n", b"Expect: 100-continue\r\n"),
    *(b"Content-Length: -1\r\n", b"Content-Length: 9\r\n", b"Connection: Upgrade\r\n", b"ffff\r\n"),
    *(
        b"HTTP/1.0",
        b"HTTP/9.9",
        b"GET",
        b"CONNECT",
        b"OPTIONS *",
        b"http://[",
        b"\xf0\x9f",
        b"{" * 99,
    ),
)


class Fuzz:
    """Bodies of an operation's own fields with anything in them, and spoiled requests."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._nonsense = Nonsense(seed)

    def body(self, check: object) -> Any:
        if not isinstance(check, Shape) or self.random.random() < 0.1:
            return self._nonsense._value()
        fields = [each for each in check._fields if each[2] or self.random.random() < 0.4]
        return {name: self._field(name, field_check) for name, field_check, *_ in fields}

    def _field(self, name: str, check: object) -> Any:
        if isinstance(check, Shape):
            return self.body(check)
        if name.endswith("_id") and self.random.random() < 0.8:
            return self.random.choice(("alice", "m", "p", "q", "b"))
        return self._nonsense._value()

    def message(self) -> bytes:
        """A request with a few of its bytes cut, doubled or replaced."""
        data = bytearray(REQUEST)
        for _ in range(self.random.randrange(1, 5)):
            at = self.random.randrange(len(data))
            piece = self.random.choice((*PIECES, self.random.randbytes(3)))
            data[at : at + self.random.choice((0, 1, len(piece), 30))] = piece
        if self.random.random() < 0.1:
            return self.random.randbytes(self.random.randrange(1, 300))
        return self._fitted(bytes(data)) if self.random.random() < 0.8 else bytes(data)

    def _fitted(self, message: bytes) -> bytes:
        """With the right length, so that there is something to answer."""
        _, _, body = message.partition(b"\r\n\r\n")
        return message.replace(b"Content-Length: 44", b"Content-Length: %d" % len(body))


@pytest.mark.parametrize("seed", [0, 1, *LONG])
def test_no_body_of_any_operation_makes_it_fail(
    seed: int, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, fuzz = Gateway(clock), Fuzz(seed)
    asked = [*SOUND, *((name, fuzz.body(SERVED[name].check)) for name in list(SERVED) * 40)]
    for operation, body in asked:
        version = fuzz.random.choice(("2.2.0", "2.3.0", "2.5.0"))
        headers = {"authorization": f"Bearer {KEY}", "x-api-version": version}
        content = msgspec.json.encode(body)
        reply = gateway.answer(Request("POST", f"/v1/{operation}", headers, content))
        assert reply.status != 500, (operation, body)
        gateway.apply_queued()
        clock.advance(fuzz.random.choice((0, 1000, 86_400_000)))
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert encode(decode(gateway.dump())) is not None


@pytest.mark.parametrize("seed", [0, *LONG[:10]])
async def test_no_bytes_on_the_wire_make_it_fail(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    fuzz = Fuzz(seed)
    messages = [fuzz.message() for _ in range(300)]
    few = asyncio.Semaphore(AT_ONCE)
    with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        answers = await asyncio.gather(*(told(port, message, few) for message in messages))
        assert (await told(port, REQUEST, few)).startswith(b"HTTP/1.1 404")
    for message, answer in zip(messages, answers, strict=True):
        assert not re.match(rb"HTTP/1\.\d 5", answer), (message, answer)
    assert sum(answer.startswith(b"HTTP/1.1 ") for answer in answers) > 20
    assert sum(answer.startswith(b"HTTP/1.") for answer in answers) > 200
    assert [record for record in caplog.records if is_defect(record)] == []


async def told(port: int, message: bytes, few: asyncio.Semaphore) -> bytes:
    """What the server says to some bytes; to some it says nothing and listens on."""
    async with few:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message)
        answer = b""
        with suppress(asyncio.TimeoutError, ConnectionError):
            answer = await asyncio.wait_for(reader.read(65536), PATIENCE_S)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer


def is_defect(record: logging.LogRecord) -> bool:
    """aiohttp logs what it answers with 400, too."""
    kind = record.exc_info[0] if record.exc_info else None
    refused = kind is not None and issubclass(kind, HttpProcessingError)
    return record.levelno >= logging.ERROR and not refused
