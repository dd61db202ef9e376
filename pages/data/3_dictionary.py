"""What does each number mean, who is in it, and why does another tool show something else?"""

import streamlit as st

from metrics.engine.metric import catalog
from pages.parts import entry

SCOPE = ()

left, right = st.columns([2, 3], gap="medium")
search = left.text_input("Search", key="search", bind="query-params", type="search", placeholder="handoff, waiting, median ...", icon=":material/search:")
name = right.selectbox("Metric", list(catalog()), index=None, key="metric", bind="query-params", placeholder="All metrics")

if name:
    entry.whole(catalog()[name])
else:
    entry.listed(search or "")
