"""Making the numbers follow what was just written beside the data: the door that takes it up, with its progress."""

from __future__ import annotations

import time

import streamlit as st

from pages.parts import read, words
from pages.parts.child import Child

STEPS = 32  # lines of progress of a whole derivation
EVERY = 0.2  # seconds between two looks at the child's progress


def now(done: str) -> bool:
    """Run `refresh`; False, with the reason in words, where it could not be. What is written stays written either way."""
    child, bar = Child(["warehouse", "refresh", "--data", str(read.folder().root.absolute()), "--json"]), st.progress(0.0, done)
    while child.is_running:
        bar.progress(min(0.97, len(child.lines) / STEPS), words.plain(child.says) or done)
        time.sleep(EVERY)
    bar.empty()
    if child.code == 0:
        return True
    st.warning(words.plain(f"It is written down, but not yet taken up: {child.says or 'the program gave no reason'}. The next load takes it up."))
    return False
