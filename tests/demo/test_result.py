from __future__ import annotations

import json

from demo._sample import BARE, FINDINGS, PLAN
from snowshed.demo._measure import summarize
from snowshed.demo._model import Outcome, Plan, RunResult, Sample
from snowshed.demo._result import to_json


def test_every_figure_can_be_computed_again_from_the_document() -> None:
    document = json.loads(to_json(FINDINGS))
    bare = document["flood"]["runs"][0]
    plan = Plan(**document["flood"]["plan"])
    outcomes = tuple(Outcome(**fields) for fields in bare["outcomes"])
    samples = tuple(Sample(**fields) for fields in bare["samples"])
    again = summarize(plan, RunResult(bare["name"], tuple(bare["command"]), outcomes, samples))
    assert plan == PLAN
    assert again == summarize(PLAN, BARE)
    assert bare["summary"]["light"]["errors"] == again.light.errors
    assert bare["summary"]["peak_tasks"] == 900


def test_the_document_names_its_schema() -> None:
    document = json.loads(to_json(FINDINGS))
    assert document["schema"] == 1
    assert [run["name"] for run in document["flood"]["runs"]] == ["bare", "snowshed <&>"]
    assert document["flood"]["runs"][1]["printed"] == ["snowshed: <report> over budget"]
    assert document["overload"]["plan"]["surge_rate"] == 3.0
    assert len(document["overload"]["runs"]) == 3
    assert document["idle"]["plan"]["idle"] == 6
