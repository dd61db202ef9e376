"""How far apart lie contacts of the same kind, and where is the service uneven?"""

from dataclasses import replace

import streamlit as st

from pages.charts import marks, spread
from pages.parts import causes, chart, design, family, happened, read, scope

now = scope.chosen()
weeks = read.ask("spread", now)
whole = read.answer("resolution_time", now)

if not family.headline(whole, now):
    st.stop()
causes.with_open(now)
course = spread.over_time(weeks, scope.running_week(), chart.colours())
chart.show(marks.add(course, happened.within(now), chart.colours()), key="over_time", metric="resolution_time", row=whole[0])
family.promise(now)

st.divider()
causes.shown(now)
family.slowest(now, whole[0])

st.divider()
offered = scope.offered()
by = st.segmented_control("Side by side", offered, key="by", bind="query-params", default=offered[0], required=True)
groups = read.answer("resolution_time", replace(now, by=(by,)))
tails = read.answer("tail_ratio", replace(now, by=(by,)))
chart.show(spread.side_by_side(groups, by, chart.colours()), key="side_by_side")
family.groups(groups, tails, by)

measures = st.expander("Measures of spread, for analysts", key="measures", on_change="rerun")
if measures.open:
    with measures:
        family.measures(now)
design.ending(now)
