"""What should this queue take next, what comes in that is not its own, and when is it short of hands?"""

import streamlit as st

from pages.charts import desk as figures
from pages.charts import flow, marks, spread
from pages.parts import chart, design, desk, happened, read, scope, work

SCOPE = ("queue", "period", "filters")

work.follow()
now = scope.chosen()
picked = scope.filters().get("queue", [])
desk.standing(now)
others = st.container()   # filled once the list stands, so that the list does not wait for it
work.shown(now)

if picked:
    st.divider()
    desk.senders(now)
    left, right = st.columns(2, gap="large")
    with left:
        weeks = desk.comings(now)
        chart.show(marks.add(figures.comings(weeks, chart.colours()), happened.within(now), chart.colours()), key="comings", metric="net_flow")
    with right:
        desk.aged(now)
    chart.show(figures.hours_short(read.ask("hours_short", now), chart.colours()), key="short")

    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        waits = spread.waits(desk.waits(now), scope.running_week(), chart.colours())
        chart.show(marks.add(waits, happened.within(now), chart.colours()), key="waits", metric="time_in_queue")
    with right:
        hops = [r for r in read.ask("bottlenecks", desk.everywhere(now)) if r["level"] == "hop"]
        chart.show(flow.next_queues(hops, picked, chart.colours()), key="next")
        desk.passed_on(now)
    st.markdown("##### Every move into and out of it")
    desk.moves(hops, picked)
    design.ending(now, kinds=("order", "pass_through", "loop", "first_door"))
else:   # no st.stop here: it would stop the panels too
    with others:
        desk.every_queue(now)
    design.ending(now, kinds=("order", "pass_through"))
