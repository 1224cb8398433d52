"""What the environment says about the way out: proxies and certificates."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Literal
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from yarl import URL

Verification = ssl.SSLContext | Literal[True]


class Network:
    """The environment's proxies and certificates, read once when a client is made for some URLs.

    `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (in either case), and the system's own
    settings where the platform has them. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the trusted
    certificates.
    """

    def __init__(self, *urls: str | None) -> None:
        self._urls = [URL(url) for url in urls if url]
        self._proxies = {name: url for name, url in getproxies().items() if url}
        self._from_environment = bool(getproxies_environment())
        self.has_proxies: bool = bool(self._proxies.keys() - {"no"})
        self._certificates = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        self.proxy_for: Callable[[URL], URL | None] = lru_cache(maxsize=64)(self._proxy_for)

    def resolve(self) -> None:
        """Works all out for those URLs: now, not inside the first request.

        Raises `ValueError` for a variable that can't be followed.
        """
        _ = self.verification
        for url in self._urls:
            self.proxy_for(url)

    @cached_property
    def verification(self) -> Verification:
        """What to verify servers with: True stands for the usual certificates."""
        file, folder = self._certificates
        return _trusting(file, folder, _stamp(file)) if file or folder else True

    def _proxy_for(self, url: URL) -> URL | None:
        """The proxy on the way to a URL, or None for none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if proxy is None or self._bypassed(url):
            return None
        try:
            parsed = URL(proxy if "://" in proxy else f"http://{proxy}")
        except ValueError as error:
            raise ValueError(f"the environment's {url.scheme} proxy: {error}") from None
        if parsed.scheme not in ("http", "https"):
            raise ValueError(
                f"the environment asks for a {parsed.scheme} proxy, and only http and https "
                "proxies are supported; add the host to NO_PROXY, or pass session= with a "
                "connector that knows such proxies"
            )
        return parsed

    def _bypassed(self, url: URL) -> bool:
        host = f"{url.host}:{url.port}"
        if self._from_environment:
            return _listed(host, self._proxies.get("no", ""))
        return bool(proxy_bypass(host))


def _listed(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: as it is, as a domain above it, with or without a port."""
    bare = host.rpartition(":")[0]
    for entry in no_proxy.lower().split(","):
        name = entry.strip().lstrip("*").lstrip(".")
        if name and any(known == name or known.endswith(f".{name}") for known in (host, bare)):
            return True
        if entry.strip() == "*":
            return True
    return False


@lru_cache(maxsize=4)
def _trusting(file: str | None, folder: str | None, stamp: float) -> ssl.SSLContext:
    """A context that trusts these certificates. Reading them takes 20 ms, so clients share it."""
    del stamp
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ssl.SSLError) as error:
        named = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        raise ValueError(f"{named} {file or folder!r} can't be used: {error}") from error


def _stamp(file: str | None) -> float:
    """When the file was last changed, 0 if there is none."""
    try:
        return os.stat(file or "").st_mtime
    except OSError:
        return 0.0
