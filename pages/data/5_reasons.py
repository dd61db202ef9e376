"""Who owns the causes of contact, what was decided, and what did the business do?"""

import streamlit as st

from pages.parts import own_tables

SCOPE = ()

own_tables.decisions()
st.divider()
own_tables.reasons()
own_tables.unnamed()
