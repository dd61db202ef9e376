"""What pages say in words: durations one way in texts and tables, why a slice of the design list is empty, what the helpdesk itself shows."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from conftest import HOME, door
from streamlit.testing.v1 import AppTest

from metrics.engine import wording


@pytest.fixture
def page(lumen, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(lumen))
    monkeypatch.setenv("EVENKEEL_SAMPLE", "no")

    def opened(name: str, opens: str = "", **link: str) -> AppTest:
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=90)
        for key, value in link.items():
            at.query_params[key] = value
        if opens:
            at.session_state[opens] = True
        at.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{name}.py"))).run()
        assert not at.exception, at.exception
        return at

    return opened


def text(at: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind)).replace("\\", "")


@pytest.mark.parametrize(("name", "alt", "columns", "link"), [
    ("queue", "What to take next, in order", ("age",), {}),
    ("consistency", "Resolution times by queue", ("value", "p25", "p75", "p90"), {"by": "queue"}),
    ("bottlenecks", "Routes with their time", ("half", "most", "more"), {"view": "Routes"}),
])
def test_a_duration_in_a_table_is_said_as_in_a_text_and_stays_a_duration(page, name, alt, columns, link):
    [table] = [d for d in page(name, **link).dataframe if d.proto.alt == alt]
    shown = pa.ipc.open_stream(io.BytesIO(table.proto.arrow_data.styler.display_values)).read_pandas()
    for column in columns:
        values = table.value[column]
        assert values.dtype.kind == "m", "sorted by length, not by letters"
        for value, said in zip(values, shown[column], strict=True):
            if value == value:
                assert said == wording.duration(value.total_seconds()), (column, value)


@pytest.mark.parametrize(("name", "link", "said"), [
    ("queue", {"queue": "Risk"}, "No change is surely worth making among the 38 contacts that arrived in this scope, 27 Jul 2026 to 25 Oct 2026."),
    ("queue", {"queue": "Chat Care", "channel": "email"}, "No contact arrived in this scope, 27 Jul 2026 to 25 Oct 2026, so nothing can be found."),
    ("demand", {"queue": "Risk", "channel": "phone"}, "Too few to find a fault: "),
    ("bottlenecks", {"source": "chat"}, "No order in which work is taken or stop that contacts only pass is surely worth changing among the 2,882 contacts"),
], ids=["nothing found", "nothing arrived", "too few", "only other kinds"])
def test_an_empty_slice_of_the_design_list_says_why(page, name, link, said):
    assert said in text(page(name, **link))


def test_a_card_says_what_the_helpdesk_itself_shows_once_it_is_opened(page, lumen):
    asked = door("metrics", "ask", "reconcile", "--option", "dialect=recorded", "--option", "metric=resolution_time", "--from", "2026-07-27", data=lumen)["rows"][0]
    said = f"**Your helpdesk shows {wording.duration(asked['theirs'])}** (the resolution the tool measured)"
    assert said not in text(page("consistency"))
    at = page("consistency", opens="card_over_time")
    assert said in text(at) and f"Of {wording.plural(asked['tickets'], 'contact')} that both know" in text(at)
