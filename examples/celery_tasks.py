"""Celery tasks that bill what they did, once, however often they are delivered.

    pip install autumn-async celery
    AUTUMN_SECRET_KEY=am_sk_... celery --app examples.celery_tasks worker

Client and tracker are made before Celery forks its workers; each worker opens a file of its own
with its first event. A worker that is killed leaves its file to the others.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_shutdown

from autumn_async import Autumn, SQLiteStore

app = Celery("tasks", broker=os.environ.get("BROKER_URL", "redis://localhost"))
autumn = Autumn()
tracker = autumn.tracker(SQLiteStore(os.environ.get("USAGE_OUTBOX", "usage-outbox")))


@app.task(bind=True, acks_late=True)
def render(self: Any, customer_id: str, pages: int) -> int:
    """Renders pages. The task is done once its usage is on the disk, under the task's own id."""
    rendered = sum(1 for _ in range(pages))  # the work itself
    tracker.put(
        customer_id=customer_id,
        feature_id="pages",
        value=rendered,
        idempotency_key=f"render-{self.request.id}",
    )
    return rendered


@worker_process_shutdown.connect
def finish(**_: Any) -> None:
    """Sends what is left when a worker ends; what can't be sent is left to the others."""
    tracker.close(timeout=5)
