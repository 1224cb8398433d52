"""The way out: proxies and certificates, as the environment names them."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from yarl import URL

from autumn_async import AsyncAutumn, Autumn, AutumnConnectionError, AutumnError, AutumnSDKError
from autumn_async.wire.network import Network
from tests.scripted_server import ScriptedServer
from tests.wire.helpers import KEY, OK, ONCE, SUBJECT, client, refused_port
from tests.wire.proxy import Proxy


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    """An authority that nobody trusts by default."""
    return trustme.CA()


@pytest.fixture
def tls(ca: trustme.CA) -> ssl.SSLContext:
    """What a server of that authority speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def trusted(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the environment trust that authority."""
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


async def check_through(server: ScriptedServer, **settings: Any) -> None:
    """Makes one check, which must come through."""
    async with client(server, retry_config=ONCE, **settings) as autumn:
        await autumn.check(**SUBJECT)


class TestCertificates:
    async def test_untrusted_is_refused_before_anything_is_sent(self, tls: ssl.SSLContext) -> None:
        with ScriptedServer([OK], tls=tls) as server:
            with pytest.raises(AutumnConnectionError) as caught:
                await check_through(server)
            assert server.requests == []
        assert caught.value.outcome == "not sent"
        assert "certificate verify failed" in str(caught.value)
        assert isinstance(caught.value.__cause__, ssl.SSLError)

    @pytest.mark.usefixtures("trusted")
    async def test_private_authority_by_ssl_cert_file(self, tls: ssl.SSLContext) -> None:
        with ScriptedServer([OK], tls=tls) as server:
            await check_through(server)
        assert len(server.requests) == 1

    @pytest.mark.usefixtures("trusted")
    async def test_of_another_host_is_refused(self, tls: ssl.SSLContext) -> None:
        with ScriptedServer([OK], tls=tls) as server:
            async with client(f"https://127.0.0.1:{server.port}", retry_config=ONCE) as autumn:
                with pytest.raises(AutumnConnectionError) as caught:
                    await autumn.check(**SUBJECT)
        assert caught.value.outcome == "not sent"

    async def test_environment_is_read_at_construction(
        self, tls: ssl.SSLContext, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "ca.pem"
        ca.cert_pem.write_to_path(str(file))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with ScriptedServer([OK], tls=tls) as server:
            autumn = client(server)
            monkeypatch.delenv("SSL_CERT_FILE")
            file.unlink()
            async with autumn:
                await autumn.check(**SUBJECT)

    @pytest.mark.parametrize("server_url", [None, "http://localhost"])
    @pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
    def test_file_that_cannot_be_used_is_named(
        self,
        content: bytes | None,
        server_url: str | None,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_bytes(content)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(ValueError, match=r"SSL_CERT_FILE .*ca\.pem"):
            AsyncAutumn(KEY, server_url=server_url)

    async def test_session_of_ones_own_has_its_own(
        self, tls: ssl.SSLContext, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context = ssl.create_default_context()
        ca.configure_trust(context)
        monkeypatch.setenv("SSL_CERT_FILE", "/none")

        def session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))

        with ScriptedServer([OK], tls=tls) as server:
            await check_through(server, session=session)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
class TestProxies:
    @pytest.fixture(autouse=True)
    def _tunnels(self) -> Iterator[None]:
        """On Python 3.10, TLS inside a tunnel leaves asyncio's transport to the collector."""
        yield
        gc.collect()

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    @pytest.mark.parametrize("with_scheme", [True, False])
    async def test_of_http(
        self, variable: str, with_scheme: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with Proxy() as proxy:
            monkeypatch.setenv(variable, proxy.url if with_scheme else proxy.address)
            with ScriptedServer([OK]) as server:
                await check_through(server)
        ((method, target, headers),) = proxy.requests
        assert (method, target) == ("POST", f"{server.url}/v1/balances.check")
        assert headers["host"] == f"localhost:{server.port}"
        assert server.requests[0].path == "/v1/balances.check"

    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    async def test_of_https_is_a_tunnel_that_sees_no_key(
        self, variable: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with Proxy() as proxy:
            monkeypatch.setenv(variable, proxy.url)
            with ScriptedServer([OK], tls=tls) as server:
                await check_through(server)
        ((method, target, headers),) = proxy.requests
        assert (method, target) == ("CONNECT", f"localhost:{server.port}")
        assert "authorization" not in headers
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"

    async def test_variable_of_the_scheme_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://localhost:{refused_port()}")
        with ScriptedServer([OK]) as server:
            await check_through(server)

    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_credentials_go_to_the_proxy_alone(
        self, scheme: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with Proxy() as proxy:
            monkeypatch.setenv("ALL_PROXY", f"http://me:p%40ss@{proxy.address}")
            with ScriptedServer([OK], tls=tls if scheme == "https" else None) as server:
                await check_through(server)
        ((_, _, headers),) = proxy.requests
        assert headers["proxy-authorization"] == "Basic bWU6cEBzcw=="  # me:p@ss
        if scheme == "https":
            assert "proxy-authorization" not in server.requests[0].headers

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("fault", ["refused", 407, 502])
    async def test_errors_do_not_show_the_credentials(
        self, scheme: str, fault: str | int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with Proxy(refuses_with=fault if isinstance(fault, int) else 200) as proxy:
            port = refused_port() if fault == "refused" else proxy.port
            monkeypatch.setenv("ALL_PROXY", f"http://me:hunter2@localhost:{port}")
            async with client(f"{scheme}://localhost:9", retry_config=ONCE) as autumn:
                with pytest.raises(AutumnSDKError) as caught:
                    await autumn.check(**SUBJECT)
        error: BaseException | None = caught.value
        if fault == "refused" or scheme == "https":
            assert isinstance(error, AutumnConnectionError)
            assert error.outcome == "not sent"
        else:
            assert isinstance(error, AutumnError)
        while error is not None:
            said = f"{error} {error!r} {vars(error)}"
            assert "hunter2" not in said
            assert KEY not in said
            error = error.__cause__ or error.__context__

    async def test_are_resolved_at_construction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with Proxy() as proxy:
            with ScriptedServer([OK]) as server:
                direct = client(server)
                monkeypatch.setenv("HTTP_PROXY", proxy.url)
                proxied = client(server)
                monkeypatch.setenv("HTTP_PROXY", f"http://localhost:{refused_port()}")
                for autumn in (direct, proxied):
                    async with autumn:
                        await autumn.check(**SUBJECT)
                        await autumn.with_options(timeout_ms=4_000).check(**SUBJECT)
        assert len(server.requests) == 4
        assert proxy.requests, "the second client went through it"

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "ftp"])
    @pytest.mark.parametrize("kind", [AsyncAutumn, Autumn])
    def test_that_aiohttp_does_not_know(
        self, scheme: str, kind: Callable[..., object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://me:hunter2@localhost:1080")
        with pytest.raises(ValueError, match=f"asks for a {scheme} proxy") as caught:
            kind(KEY)
        assert "NO_PROXY" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    async def test_that_aiohttp_does_not_know_for_another_server_of_one_call(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "socks5://localhost:1080")
        with ScriptedServer([OK]) as server:
            async with client(server, fail_open=True) as autumn:
                with pytest.raises(ValueError, match="asks for a socks5 proxy"):
                    await autumn.check(**SUBJECT, server_url="https://localhost")
        assert server.requests == []

    def test_that_is_no_url(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@localhost:port")
        with pytest.raises(ValueError, match="the environment's http proxy") as caught:
            client("http://localhost")
        assert "hunter2" not in str(caught.value)

    async def test_session_of_ones_own_has_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://localhost:{refused_port()}")
        monkeypatch.setenv("HTTPS_PROXY", "socks5://localhost:1080")
        client("https://localhost", session=aiohttp.ClientSession)
        with ScriptedServer([OK]) as server:
            await check_through(server, session=aiohttp.ClientSession)

    async def test_not_inside_a_cgi_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """There `HTTP_PROXY` is a header that any visitor can send."""
        monkeypatch.setenv("REQUEST_METHOD", "GET")
        monkeypatch.setenv("HTTP_PROXY", f"http://localhost:{refused_port()}")
        with ScriptedServer([OK]) as server:
            await check_through(server)


class TestNoProxy:
    @pytest.mark.parametrize(
        ("entries", "url", "bypassed"),
        [
            ("api.test", "https://api.test", True),
            ("api.test", "https://API.test/v1", True),
            ("API.TEST", "https://api.test", True),
            ("test", "https://api.test", True),
            (".test", "https://api.test", True),
            ("*.test", "https://api.test", True),
            ("api.test", "https://eu.api.test", True),
            ("api.test:443", "https://api.test", True),
            ("api.test:8443", "https://api.test:8443", True),
            ("other, api.test ,more", "https://api.test", True),
            ("*", "https://api.test", True),
            ("other,*", "https://api.test", True),
            ("127.0.0.1", "http://127.0.0.1:80", True),
            ("::1", "http://[::1]:80", True),
            ("", "https://api.test", False),
            (",", "https://api.test", False),
            ("api.test:8443", "https://api.test", False),
            ("pi.test", "https://api.test", False),
            ("eu.api.test", "https://api.test", False),
            ("api.test.evil", "https://api.test", False),
        ],
    )
    def test_entries(
        self, entries: str, url: str, bypassed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://proxy.test:3128")
        monkeypatch.setenv("NO_PROXY", entries)
        proxy = Network().proxy_for(URL(url))
        assert proxy == (None if bypassed else URL("http://proxy.test:3128"))

    @pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
    async def test_is_honoured(self, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://localhost:{refused_port()}")
        monkeypatch.setenv(variable, "localhost")
        with ScriptedServer([OK]) as server:
            await check_through(server)

    async def test_alone_is_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_PROXY", "elsewhere.test")
        assert not Network().has_proxies
        with ScriptedServer([OK]) as server:
            await check_through(server)
