"""How even was the service this week, and where did customers wait?"""

import streamlit as st

from pages.charts import ledger
from pages.parts import chart, losses, read, scope, sentences
from pages.parts.tile import tile

SCOPE = ("week", "filters")
TILES = ("settled_within", "first_door_right", "repeat_contact_rate", "backlog_ours")
BESIDE = ("contacts", "resolution_time", "chasers", "backlog_unanswered")

week = scope.week()
points = {name: read.points(name, scope.up_to(week)) for name in TILES} | {name: read.points(name, scope.of_week(week)) for name in BESIDE}

st.markdown(sentences.about_week(week, points["contacts"]))
left, right = st.columns(2, gap="large")
left.markdown(f"### {sentences.settled(points['settled_within'], week)}")
right.markdown(f"### {sentences.right_door(points['first_door_right'], points['repeat_contact_rate'], week)}")

with st.grid(4, min_column_width=230):
    tile("settled_within", points["settled_within"], week, beside=sentences.median(points["resolution_time"], week))
    tile("first_door_right", points["first_door_right"], week)
    tile("repeat_contact_rate", points["repeat_contact_rate"], week, beside=sentences.chased(points["chasers"], week))
    tile("backlog_ours", points["backlog_ours"], week, beside=sentences.unanswered(points["backlog_unanswered"], week))

rows = read.ask("bottlenecks", scope.of_week(week))
chart.show(ledger.hundred(rows[0], chart.colours()), key="hundred")
top = [r for r in rows if r["level"] == "queue"][:3]
losses.top(top, sentences.quiet([sentences.at(points[name], week) for name in TILES], top), week)
for sentence in sentences.blind_spots():
    st.markdown(f":gray[{sentence}]")
