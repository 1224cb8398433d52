"""Threads may use a class for the first time at the same moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

TOGETHER = """
import sys, threading
sys.setswitchinterval(1e-6)
def together(*works):
    barrier = threading.Barrier(len(works))
    def run(work):
        barrier.wait()
        work()
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

DECODERS = """
from autumn_async.decoding import decoder_of
from autumn_async.models import CheckResponse, Customer, Entity, Plan
balance = b'{"feature_id":"a","granted":1,"remaining":1,"usage":0,"unlimited":false}'
answer = b'{"id":"c","customer_id":"c","allowed":true,"balances":{"a":%s}}' % balance
def work(kind, answer=answer):
    decoder = decoder_of(kind)
    if kind is not Plan: decoder.decode(answer)
kinds = [Customer, Entity, CheckResponse, Plan, Customer, CheckResponse]
together(*[lambda kind=kind: work(kind) for kind in kinds])
"""

TRACKING = """
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.intake import Intake
intake = Intake(Clock(), lambda: None)
event = {"customer_id": "c", "feature_id": "f", "value": 1, "properties": {"a": "b"}}
"""

THREADS = (
    TRACKING
    + """
together(*[lambda: intake.entry(dict(event))] * 8)
"""
)

INTERRUPTED = (
    TRACKING
    + """
handling = False
def handler(frame, what, _):  # as a signal's, wherever Python code of the standard library runs
    global handling
    if not handling and what == "call" and frame.f_code.co_filename.endswith("typing.py"):
        handling = True
        intake.entry(dict(event))
        handling = False
sys.setprofile(handler)
intake.entry(dict(event))
"""
)


@pytest.mark.parametrize("what", [DECODERS, THREADS, INTERRUPTED])
@pytest.mark.parametrize("attempt", range(3))
def test_a_first_use_of_a_class_by_several_at_once_ends_well(what: str, attempt: int) -> None:
    """Without care msgspec crashes the process: now and then, and the last one each time."""
    ran = subprocess.run([sys.executable, "-c", TOGETHER + what], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
