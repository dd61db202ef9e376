"""What do customers come for, who owns the reasons, and what should not have been needed?"""

import streamlit as st

from pages.parts import design, reasons, scope, work

VIEWS = ("Reasons", "Coming back", "Across tools", "Consequences")

work.follow()
now = scope.chosen()
reasons.failure(now)
view = st.segmented_control("View", VIEWS, key="view", bind="query-params", default=VIEWS[0], required=True, label_visibility="collapsed")

if view == "Reasons":
    reasons.owned(now)
    reasons.events()
    design.ending(now, kinds=("reason",))
elif view == "Coming back":
    reasons.back(now)
    design.ending(now, kinds=("first_door", "loop", "reason"))
elif view == "Across tools":
    reasons.tools(now)
    design.ending(now, kinds=("first_door", "vendor_border", "pass_through"))
else:
    reasons.consequences(now)
    design.ending(now)
