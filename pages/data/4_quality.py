"""How far can the data be trusted, and what should be mended first?"""

import streamlit as st

from metrics.engine.scope import Scope
from pages.parts import gained, quality, read, states

SCOPE = ()

if not read.has_data():
    states.nothing_loaded()
    st.stop()
rows = read.ask("data_quality", Scope())
quality.headline(rows)
quality.findings(rows)
st.divider()
quality.reconciliation()
st.divider()
quality.identity()
st.divider()
gained.loaded()
