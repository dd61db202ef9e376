"""Every analysis finds the truths planted in its examples; the ids read as the specification."""
from __future__ import annotations

import pytest

from metrics.engine.metric import analyses
from metrics.engine.planted import all_planted, answer, complaints, stores

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
