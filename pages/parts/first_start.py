"""The first start: no data yet, so the sample company is made and loaded, in plain sight; or load an export instead."""

from __future__ import annotations

import os
import threading

import streamlit as st

from pages.parts import read, states, words
from pages.parts.child import Child

WANTED = "EVENKEEL_SAMPLE"  # "no" keeps the sample company away
USUAL_LINES = 80  # lines of progress that loading it usually gives
_children: dict[str, Child] = {}  # data folder -> the one child that fills it, however many browsers are open
_lock = threading.Lock()


def show() -> None:
    if os.environ.get(WANTED, "yes").lower() in ("no", "off", "0"):
        states.nothing_loaded()
        return
    with st.container(border=True):
        st.markdown(
            "#### First start: loading the sample company\nThere are no data here yet. Lumen, a made-up maker of lamps with a helpdesk, a chat and a CRM, "
            "is being loaded so that you can look around. This happens once and takes a minute or two."
        )
        _progress()
        st.page_link("pages/data/1_load.py", label="Load an export of your own instead", icon=":material/upload_file:")


def still_loading() -> None:
    """Said on every page while only a part of the sample company is there."""
    child = _children.get(_root())
    if child is not None and child.is_running:
        st.info("The sample company is still being loaded; some of its tools are missing. Open the page again in a minute.", icon=":material/hourglass_top:")


def _root() -> str:
    return str(read.folder().root.absolute())


def _loading() -> Child:
    with _lock:
        if _root() not in _children:
            _children[_root()] = Child(["warehouse", "sample", "--data", _root(), "--json"])
        return _children[_root()]


@st.fragment(run_every=1.0)
def _progress() -> None:
    child = _loading()
    if child.is_running:
        st.progress(min(0.03 + len(child.lines) / USUAL_LINES, 0.97), text=child.says or "starting")
        return
    if child.code == 0 or read.folder().current_load():
        st.rerun()
    st.warning(f"The sample company could not be loaded: {words.plain(child.says) or 'the program gave no reason'}", icon=":material/error:")
    if st.button("Try again"):
        _children.pop(_root(), None)
        st.rerun()
