"""Tests with the fixtures that autumn-async brings: no account, no network, a clean start each.

pytest examples/chat
"""

from __future__ import annotations

import pytest
from chat import Chat, OutOfMessages

from autumn_async import AsyncAutumn
from autumn_async.emulator import Emulator


@pytest.fixture
async def chat(async_autumn: AsyncAutumn) -> Chat:
    chat = Chat(async_autumn)
    await chat.join("ada")
    return chat


async def use_up(chat: Chat) -> None:
    for _ in range(3):
        await chat.say("ada", "hello")


async def test_messages_are_answered_and_counted(chat: Chat) -> None:
    assert await chat.say("ada", "hello") == "olleh"
    assert await chat.left("ada") == 2


async def test_the_fourth_message_is_refused(chat: Chat) -> None:
    await use_up(chat)
    with pytest.raises(OutOfMessages):
        await chat.say("ada", "hello")


async def test_a_month_later_there_are_messages_again(
    chat: Chat, autumn_emulator: Emulator
) -> None:
    await use_up(chat)
    autumn_emulator.advance(months=1, seconds=1)
    assert await chat.say("ada", "hello") == "olleh"


async def test_users_can_chat_while_autumn_is_down(
    chat: Chat, async_autumn: AsyncAutumn, autumn_emulator: Emulator
) -> None:
    await use_up(chat)
    chat = Chat(async_autumn.with_options(deadline_ms=300))
    with autumn_emulator.faults.add("*", status=503):
        assert await chat.say("ada", "hello") == "olleh"


async def test_nothing_is_counted_twice_when_an_answer_gets_lost(
    chat: Chat, autumn_emulator: Emulator
) -> None:
    with autumn_emulator.faults.add("track", drop=True, applied=True, times=1) as fault:
        await chat.say("ada", "hello")
    assert fault.hits == 1
    assert await chat.left("ada") == 2
