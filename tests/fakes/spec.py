"""A vendor's own OpenAPI file as the judge of its fake: what a fake answers must be what the vendor says it answers."""
from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import HOME

SPECS = Path(os.environ.get("EVENKEEL_SPECS", HOME.parent / "shared" / "specs"))


class Spec:
    """The descriptions of a vendor's answers, by method and path."""

    def __init__(self, path: Path):
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT4
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            self.told = json.loads(text)
        else:
            import yaml
            self.told = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _may_be_null(self.told)
        self.registry = Registry().with_resource("urn:told", Resource(contents=self.told, specification=DRAFT4))
        self.paths = [(re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)) + "$"), template, told) for template, told in self.told["paths"].items()]

    def faults(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer, or with asking there at all."""
        from openapi_schema_validator import OAS30Validator
        found = [(template, told) for pattern, template, told in self.paths if pattern.match(path) and method.lower() in told]
        if not found:
            return [f"{method} {path} is no address the vendor describes"]
        template, told = min(found, key=lambda f: f[0].count("{"))   # a fixed path before one with parts
        answers = told[method.lower()]["responses"]
        if str(status) not in answers:
            return [f"{method} {path} is not described to answer {status}"]
        content = answers[str(status)].get("content", {}).get("application/json")
        if not content:
            return []
        place = "#/paths/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in (template, method.lower(), "responses", str(status), "content",
                                                                                               "application/json", "schema"))
        judge = OAS30Validator({"$ref": f"urn:told{place}"}, registry=self.registry)
        return [f"{method} {path}: {'.'.join(map(str, fault.absolute_path))}: {fault.message[:200]}" for fault in judge.iter_errors(body)]


def _may_be_null(told: Any) -> None:
    """`nullable` beside a `$ref` is meant, though the letter of the standard lets validators pass over it."""
    if isinstance(told, dict):
        if "$ref" in told and told.get("nullable"):
            told["anyOf"] = [{"$ref": told.pop("$ref")}, {"nullable": True, "enum": [None]}]
        for inner in told.values():
            _may_be_null(inner)
    elif isinstance(told, list):
        for inner in told:
            _may_be_null(inner)


@cache
def _read(path: Path) -> Spec:
    return Spec(path)


def spec(vendor: str, name: str) -> Spec:
    """A vendor's file, or a skip with the reason where it or the validators are not there."""
    pytest.importorskip("openapi_schema_validator", reason="the validators of OpenAPI are not installed")
    pytest.importorskip("yaml", reason="no reader of YAML is installed")
    path = SPECS / vendor / name
    if not path.exists():
        pytest.skip(f"the vendors' OpenAPI files are not at {SPECS}")
    return _read(path)
