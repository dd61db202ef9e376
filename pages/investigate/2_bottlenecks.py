"""Between which queues do contacts wait, and where do hours get lost?"""

import streamlit as st

from pages.charts import ledger
from pages.parts import chart, losses, read, scope, states

now = scope.chosen()
rows = read.ask("bottlenecks", now)
queues = [r for r in rows if r["level"] == "queue"]

if not queues:
    states.empty("No hours can be told apart in this scope.", f"Contacts whose source tells no assignments: {rows[0]['left_out']:,}.")
    st.stop()
st.markdown(f":gray[{losses.about(rows[0], now)}]")
chart.show(ledger.by_queue(rows, chart.colours()), key="ledger")
losses.queues(rows)

st.divider()
st.markdown("##### Moves from queue to queue, by the hours waited after them")
losses.hops(rows)

left, right = st.columns(2, gap="large")
with left:
    st.markdown("##### Back and forth: pairs of queues that send contacts both ways")
    losses.returns(rows)
with right:
    st.markdown("##### Pass-through stops: queues that send contacts on before anybody took them")
    losses.pass_through(now)
