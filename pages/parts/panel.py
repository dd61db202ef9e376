"""A panel: a part of a page that is worked out beside the others and never takes the page with it when it fails."""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable
from typing import Any

import pandas  # noqa: F401  whole before panels run in threads: one that draws while another imports it would find half of it
import streamlit as st

from metrics.engine.scope import ScopeProblem
from pages.parts import states, words
from warehouse.store import StoreProblem


def panel(draw: Callable[..., None]) -> Callable[..., Any]:
    """A fragment that runs in parallel with the other panels."""
    return st.fragment(guarded(draw), parallel=True)


def guarded(draw: Callable[..., None]) -> Callable[..., None]:
    """What goes wrong in it is said in its place, in words."""

    @functools.wraps(draw)
    def drawn(*given: Any, **named: Any) -> None:
        try:
            draw(*given, **named)
        except (StoreProblem, ScopeProblem) as problem:
            st.markdown(f":gray[This part cannot be shown: {words.plain(str(problem))}.]")
        except Exception:
            reference = uuid.uuid4().hex[:8]
            logging.getLogger("evenkeel").exception("panel %s failed (%s)", draw.__name__, reference)
            states.broken(reference)

    return drawn
