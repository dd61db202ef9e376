"""The first request after a start, where it is a link to a page.

Because there is a folder called pages/, Streamlit (1.67) takes that one run for its older kind of app: the right page
runs in its frame, but under a notice that it does not exist. Loading it once more is the cure; nobody else ever sees it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

_is_warm = False


def reload_once() -> None:
    """Reload the browser's page if this is the process's first run and it asks for a page by name."""
    global _is_warm
    was_warm, _is_warm = _is_warm, True
    if not was_warm and urlsplit(st.context.url or "").path.strip("/"):
        st.html("<script>window.location.reload()</script>", unsafe_allow_javascript=True)
        st.stop()
