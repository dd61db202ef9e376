"""What waits in this queue, how long, and where does it go next?"""

import streamlit as st

from pages.charts import flow, spread, trend
from pages.parts import chart, desk, read, scope

SCOPE = ("queue", "period", "filters")

now = scope.chosen()
picked = scope.filters().get("queue", [])
desk.standing(now)
if not picked:
    desk.every_queue(now)
    st.stop()

st.markdown("##### Open contacts, oldest first")
desk.oldest(now)

st.divider()
left, right = st.columns(2, gap="large")
with left:
    chart.show(trend.by_week(desk.came_in(now), "Contacts that came in", scope.running_week(), chart.colours()), key="came_in", metric="time_in_queue")
with right:
    chart.show(spread.waits(desk.waits(now), scope.running_week(), chart.colours()), key="waits", metric="time_in_queue")

left, right = st.columns(2, gap="large")
with left:
    hops = [r for r in read.ask("bottlenecks", desk.everywhere(now)) if r["level"] == "hop"]
    chart.show(flow.next_queues(hops, picked, chart.colours()), key="next")
with right:
    desk.passed_on(now)
st.markdown("##### Every move into and out of it")
desk.moves(hops, picked)
