"""Which tools are pulled, how do they stand, and what is left out and why?"""

import streamlit as st

from pages.parts import accounts

SCOPE = ()

accounts.outcome()
if accounts.running():
    accounts.progress()
held = accounts.standing()
if held:
    accounts.show(held)
else:
    st.markdown("No tool is pulled yet.  \n:gray[Add an account here, or load its exports on the Load page: the same account by file and by API is one source.]")
accounts.form()
accounts.schedule()
