"""The site, once it is built: nothing from elsewhere, and code that looks like code."""

from __future__ import annotations

import re

import pytest

from .pages import DOCS

SITE = DOCS / "site"

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not SITE.exists(), reason="docs/site isn't built"),
]


def test_nothing_is_fetched_from_elsewhere() -> None:
    pages = list(SITE.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        html = page.read_text("utf-8")
        fetched = re.findall(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]*)"', html)
        fetched += re.findall(r'<link\b(?![^>]*rel="canonical")[^>]*\bhref="([^"]*)"', html)
        assert fetched
        assert not [url for url in fetched if "//" in url], page


def test_examples_of_docstrings_are_python() -> None:
    html = (SITE / "reference" / "client.html").read_text("utf-8")
    assert 'class="language-python highlight"' in html


def test_drawn_trees_are_preformatted() -> None:
    html = (SITE / "reference" / "errors.html").read_text("utf-8")
    assert re.search(
        r'<div class="language-text highlight"><pre>.{,200}AutumnSDKError', html, re.DOTALL
    )
    assert "<p>├" not in html


def test_types_lead_to_their_pages() -> None:
    html = (SITE / "reference" / "resources" / "customers.html").read_text("utf-8")
    assert '../models/customers.html#autumn_async.models.customers.Customer"' in html
