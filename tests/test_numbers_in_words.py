"""Every number as the command prints it for a person: a table of words, never an error."""
from __future__ import annotations

import contextlib
import importlib
import io

import pytest

from metrics.engine.metric import analyses, catalog


def said(lumen, *words: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert importlib.import_module("metrics.__main__").main([*words, "--data", str(lumen)]) == 0
    return out.getvalue()


@pytest.mark.parametrize("name", sorted(catalog()))
def test_every_metric_in_words(lumen, name):
    head, columns, *rows = said(lumen, "show", name).splitlines()
    assert head.startswith(f"metric: {name}") and "value" in columns.split() and rows


@pytest.mark.parametrize("name", sorted(analyses()))
def test_every_analysis_in_words(lumen, name):
    assert said(lumen, "ask", name).startswith(f"analysis: {name}")


def test_the_ends_of_an_interval_read_as_such(lumen):
    assert "{" not in (text := said(lumen, "show", "resolution_time")) and "[" not in text and " to " in text
