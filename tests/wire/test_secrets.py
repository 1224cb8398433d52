"""Secrets in answers: there to read, and in no repr, log or error."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from msgspec.structs import fields
from rich.console import Console
from rich.pretty import pprint

from autumn_async import AsyncAutumn, Response, ResponseValidationError, capture, models
from autumn_async.exchange import without_secrets
from autumn_async.models import SecretModel
from tests.contract.calls_2_5 import CALLS
from tests.scripted_server import Reply, ScriptedServer
from tests.wire.helpers import KEY

SECRET_MODELS: list[type[SecretModel]] = [
    value
    for value in (getattr(models, name) for name in models.__all__)
    if isinstance(value, type) and issubclass(value, SecretModel) and value is not SecretModel
]

SECRET = "hush_4fXwEpaXnXvRk2yQ"


def filled(model: type[SecretModel]) -> SecretModel:
    """An answer whose secrets are all there."""
    needed: dict[str, Any] = {field.name: "x" for field in fields(model) if field.required}
    return model(**{**needed, **dict.fromkeys(model.secret_fields, SECRET)})


@pytest.mark.parametrize("model", SECRET_MODELS)
def test_no_way_of_showing_an_answer_shows_its_secrets(model: type[SecretModel]) -> None:
    answer = filled(model)
    shown = io.StringIO()
    pprint(answer, console=Console(file=shown))
    for text in (repr(answer), str(answer), f"{[answer]}", shown.getvalue()):
        assert SECRET not in text
        assert text.count("'***'") == len(model.secret_fields)
    assert {getattr(answer, name) for name in model.secret_fields} == {SECRET}


@pytest.mark.parametrize("model", SECRET_MODELS)
def test_a_secret_that_is_not_there_shows_as_none(model: type[SecretModel]) -> None:
    optional = model.secret_fields - {f.name for f in fields(model) if f.required}
    given: dict[str, Any] = {f.name: "x" for f in fields(model) if f.required}
    shown = repr(model(**given))
    for name in optional:
        assert f"{name}=None" in shown


def test_the_secrets_are_those_of_the_api() -> None:
    assert {(m.__name__, name) for m in SECRET_MODELS for name in m.secret_fields} == {
        ("CreatedSandbox", "secret_key"),
        ("CreatedWebhook", "secret"),
        ("CustomerToken", "access_token"),
        ("CustomerToken", "refresh_token"),
        ("RevenueCatKey", "key"),
        ("RevenueCatKeys", "oauth_access_token"),
        ("VercelResourceProvisioned", "access_token"),
        ("WebhookSecret", "secret"),
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"secret":"a\\"b","id":"c"}', '{"secret":"***","id":"c"}'),
        ('{"access_token" : "a", "n": 1}', '{"access_token" : "***", "n": 1}'),
        ('{"secret_key":"cut off', '{"secret_key":"***"'),
        ('{"secret_key":"cut off\\', '{"secret_key":"***"'),
        ('{"key":null,"secret":5}', '{"key":null,"secret":5}'),
        ('{"keys":"a","input_tokens":"b"}', '{"keys":"a","input_tokens":"b"}'),
    ],
)
def test_the_values_of_secret_fields_are_hidden_in_a_body(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


WITH_SECRETS = [
    "keys.mint",
    "keys.refresh",
    "platform.get_revenue_cat_keys",
    "sandboxes.create",
    "webhooks.create",
    "webhooks.sync",
]


def hushed(body: Any) -> Any:
    """The answer with our secret in place of all that are in it."""
    if isinstance(body, list):
        return [hushed(item) for item in body]
    if not isinstance(body, dict):
        return body
    names = {name for model in SECRET_MODELS for name in model.secret_fields}
    return {n: SECRET if n in names and v is not None else hushed(v) for n, v in body.items()}


async def call(url: str, name: str) -> Any:
    namespace, method = name.split(".")
    async with AsyncAutumn(KEY, server_url=url) as autumn:
        return await getattr(getattr(autumn, namespace), method)(**CALLS[name].rows[0].given)


@pytest.mark.parametrize("name", WITH_SECRETS)
async def test_the_log_shows_answers_without_their_secrets(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "autumn_async")
    with ScriptedServer([Reply(body=hushed(CALLS[name].rows[0].answer))]) as server:
        answer = await call(server.url, name)
    assert "answered 200" in caplog.text
    assert SECRET not in caplog.text + repr(answer)
    assert '"***"' in caplog.text


async def test_an_error_about_an_answer_shows_no_secret_of_it() -> None:
    body = {"secret_key": SECRET, "id": 5}
    with (
        ScriptedServer([Reply(body=body)]) as server,
        pytest.raises(ResponseValidationError, match=r'begins: \{"secret_key": "') as caught,
    ):
        await call(server.url, "sandboxes.create")
    shown = io.StringIO()
    Console(file=shown).print(caught.value.raw_response, caught.value.request)
    assert SECRET not in str(caught.value) + repr(caught.value) + shown.getvalue()
    assert SECRET not in repr(caught.value.raw_response) + repr(caught.value.request)


async def test_what_was_captured_can_be_read_and_does_not_show_itself() -> None:
    body = hushed(CALLS["keys.mint"].rows[0].answer)
    with ScriptedServer([Reply(body=body)]) as server, capture() as answers:
        await call(server.url, "keys.mint")
    assert isinstance(answers[0], Response)
    assert SECRET in answers[0].text
    assert SECRET not in repr(answers)
