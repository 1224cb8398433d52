"""The server of the benchmarks, in processes of its own: nginx, or asyncio where there is none.

Its answers are constant, so that what is measured is the client. `Server.cpu_seconds` tells how
busy it was.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

from .answers import BODIES

NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=100;
    client_body_buffer_size 1m;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/certificate.pem;
        root {folder}/answers;
        error_page 405 =200 $uri;
    }}
}}
"""
"""One worker. nginx answers POST to a file with 405: made 200, with the file as its page."""


@dataclass
class Server:
    """A server that runs: where it listens, and what it is."""

    name: str
    url: str
    tls_url: str
    authority: Path
    """The certificate to trust for `tls_url`."""
    processes: list[subprocess.Popen[str]]

    def cpu_seconds(self) -> float | None:
        """User and system time so far, or None where the system doesn't say."""
        ticks = 0
        for process in self.processes:
            try:
                stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
            except OSError:
                return None
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_server() -> Iterator[Server]:
    """Runs the server until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = _certify(folder)
        start = _nginx if shutil.which("nginx") else _asyncio
        name, ports, processes = start(folder)
        for process in processes:
            stack.callback(_end, process)
        for port in ports:
            _wait_for(port)
        url, tls_url = f"http://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}"
        yield Server(name, url, tls_url, authority, processes)


def _certify(folder: Path) -> Path:
    authority, path = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "certificate.pem"))
    return path


def _nginx(folder: Path) -> tuple[str, list[int], list[subprocess.Popen[str]]]:
    for path, body in BODIES.items():
        file = folder / "answers" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    ports = [_free_port(), _free_port()]
    user = "user root;" if os.geteuid() == 0 else ""
    text = NGINX.format(folder=folder, port=ports[0], tls_port=ports[1], user=user)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    version = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL)
    return version.strip().rpartition(" ")[2], ports, [process]


def _asyncio(folder: Path) -> tuple[str, list[int], list[subprocess.Popen[str]]]:
    command = [sys.executable, str(Path(__file__).with_name("asyncio_server.py"))]
    processes = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        for arguments in (command, [*command, str(folder / "certificate.pem")])
    ]
    ports = [int(process.stdout.readline()) for process in processes if process.stdout]
    return "asyncio (nginx isn't installed)", ports, processes


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError("the server of the benchmarks doesn't listen")


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
