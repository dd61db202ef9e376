"""Every metric's worked examples hold; the ids read as the specification."""
from __future__ import annotations

import pytest

from metrics.engine.example import all_examples, outcomes, store_of
from metrics.engine.metric import catalog

EXAMPLES = all_examples()


@pytest.fixture(scope="session")
def stores():
    """One derived store per settings text; examples of the same settings share it."""
    found = {}
    for settings in {example.settings for _, example in EXAMPLES}:
        members = [(i, e) for i, (_, e) in enumerate(EXAMPLES) if e.settings == settings]
        engine, names = store_of([e for _, e in members], settings)
        for position, (number, _) in enumerate(members):
            found[number] = (engine, names[position])
    return found


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[f"{m.name}: {e.says}" for m, e in EXAMPLES])
def test_example(number, stores):
    metric, example = EXAMPLES[number]
    engine, source = stores[number]
    found = outcomes(engine, metric, example, source)
    expected = {t: sorted(v, key=str) if isinstance(v, list) else v for t, v in example.gives.items()}
    assert {t: sorted(v, key=str) if isinstance(v, list) else v for t, v in found.items()} == expected


def test_every_metric_has_three_examples_one_of_them_an_edge():
    for metric in catalog().values():
        assert len(metric.examples) >= 3, metric.name
        edges = [e for e in metric.examples if e.gives == {} or any(v == 0 or isinstance(v, (str, list)) for v in e.gives.values())]
        assert edges, f"{metric.name} has no edge case among its examples"
