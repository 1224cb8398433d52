"""Servers for the programs of these tests."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from .scripts import Server, answer


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer) as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """Who signs the certificates of test servers, and the file that makes clients trust them."""
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


@pytest.fixture
def tls_server(
    authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """The same over HTTPS, trusted by programs that the test starts."""
    made, path = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("localhost").configure_cert(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with Server(answer, tls=context) as running:
        yield running


@pytest.fixture(params=["http", "https"])
def either_server(request: pytest.FixtureRequest) -> Server:
    name = "server" if request.param == "http" else "tls_server"
    server: Server = request.getfixturevalue(name)
    return server
