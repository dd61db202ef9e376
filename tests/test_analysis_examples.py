"""Every analysis finds the truths planted in its examples; the ids read as the specification."""
from __future__ import annotations

from datetime import datetime

import pytest

from metrics.engine.metric import analyses
from metrics.engine.planted import all_planted, answer, complaints, stores
from metrics.engine.scope import Scope, ScopeProblem

PLANTED = all_planted()


@pytest.fixture(scope="module")
def worlds():
    return stores(planted for _, planted in PLANTED)


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[f"{a.name}: {p.says}" for a, p in PLANTED])
def test_planted(number, worlds):
    analysis, planted = PLANTED[number]
    engine, sources = worlds[number]
    rows = answer(analysis, planted, engine, sources)
    assert not complaints(planted, rows), rows
    for row in rows:
        assert list(row) == list(analysis.columns), "each row has the documented columns, in their order"


def test_every_analysis_has_three_examples():
    assert [a.name for a in analyses().values() if len(a.examples) < 3] == []


@pytest.mark.parametrize("name", ["bottlenecks", "contact_reasons"])
@pytest.mark.parametrize("asked", [Scope(as_of=datetime(2025, 6, 9, 12)), Scope(options={"nonsense": "1"})], ids=["another moment", "an option nobody knows"])
def test_the_ledger_refuses_what_it_cannot_answer(name, asked, worlds):
    engine, _ = worlds[0]
    engine.about["data_until"] = "2025-06-30 00:00:00"
    with pytest.raises(ScopeProblem, match=r"stands at the data's end|no option 'nonsense'"):
        analyses()[name].ask(engine, asked)
