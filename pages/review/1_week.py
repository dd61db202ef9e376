"""How even was the service this week, what changed, and what is worth changing?"""

import streamlit as st

from metrics.brief.sentences import chased, halves, needless, settled, waiting
from pages.parts import changed, decided, design, outlook, read, scope, sentences
from pages.parts.tile import tile

SCOPE = ("week", "filters")
LED = ("settled_within", "failure_demand", "first_door_right", "repeat_contact_rate", "backlog_ours")
BESIDE = ("contacts", "resolution_time", "promise_kept", "chasers", "backlog_unanswered", "weeks_to_clear")

week = scope.week()
points = {name: read.points(name, scope.up_to(week)) for name in LED} | {name: read.points(name, scope.of_week(week)) for name in BESIDE}

st.markdown(sentences.about_week(week, points["contacts"]))
left, right = st.columns(2, gap="large")
left.markdown(f"### {settled(points['settled_within'], week) or sentences.none('settled_within', points['settled_within'], week, 'How evenly customers were settled')}")
right.markdown(f"### {needless(points['failure_demand'], week) or sentences.none('failure_demand', points['failure_demand'], week, 'How many contacts were needless')}")

with st.grid(4, min_column_width=230):
    tile("settled_within", points["settled_within"], week, beside=halves(points["resolution_time"], points["promise_kept"], week))
    tile("first_door_right", points["first_door_right"], week)
    tile("repeat_contact_rate", points["repeat_contact_rate"], week, beside=chased(points["chasers"], week, read.option("chasers", "reason")))
    tile("backlog_ours", points["backlog_ours"], week, beside=waiting(points["backlog_unanswered"], points["weeks_to_clear"], week))

left, right = st.columns([2, 1], gap="large")
with left:
    changed.shown(week)
with right:
    decided.shown(week)

outlook.hours(week)
design.ending(scope.undated(), most=3)

st.divider()
outlook.coming(week)
outlook.groups(week)
outlook.borders(week)
outlook.brief(week)
