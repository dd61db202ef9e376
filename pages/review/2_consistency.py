"""How far apart lie contacts of the same kind, and where is the service uneven?"""

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
family.side_by_side(now)
family.measures(now)
design.ending(now)
