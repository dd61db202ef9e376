"""Between which queues do contacts wait, where do hours get lost, and which ways do contacts take?"""

import streamlit as st

from pages.charts import ledger
from pages.parts import before, chart, design, losses, read, routes, scope, states

VIEWS = ("Hours", "Flow map", "Routes", "Vendor border")

now = scope.chosen()
rows = read.ask("bottlenecks", now)
queues = [r for r in rows if r["level"] == "queue"]

if not queues:
    states.empty("No hours can be told apart in this scope.", f"Contacts whose source tells no assignments: {rows[0]['left_out']:,}.")
    st.stop()
st.markdown(f":gray[{losses.about(rows[0], now)}]")
view = st.segmented_control("View", VIEWS, key="view", bind="query-params", default=VIEWS[0], required=True, label_visibility="collapsed")

if view == "Hours":
    chart.show(ledger.hundred(rows[0], chart.colours(), before.row("bottlenecks", now), ("This period", "The weeks before")), key="hundred")
    chart.show(ledger.by_queue(rows, chart.colours()), key="ledger")
    losses.queues(rows)
    design.ending(now, kinds=("order", "pass_through"))
elif view == "Flow map":
    routes.the_map(now, rows)
    st.markdown("##### Moves from queue to queue, by the hours waited after them")
    losses.hops(rows)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Back and forth: pairs of queues that send contacts both ways")
        losses.returns(rows, now)
    with right:
        st.markdown("##### Pass-through stops: queues that send contacts on before anybody took them")
        losses.pass_through(now)
    design.ending(now, kinds=("loop", "pass_through", "first_door"))
elif view == "Routes":
    routes.ways(now)
    routes.consistency(now)
    routes.hands(now)
    routes.escalated(now)
    design.ending(now, kinds=("loop", "first_door", "pass_through"))
else:
    routes.border(now)
    design.ending(now, kinds=("vendor_border",))
