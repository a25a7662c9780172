from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint._told import GO, LEAK, PATH, SPAWN, TEXTS
from snowshed.errors import FormatError
from snowshed.lint import Finding, Span
from snowshed.lint._baseline import Baseline, read_baseline, written
from snowshed.lint._texts import Texts

ENTRY = {"path": "", "rule": "", "function": "", "code": ""}


def kept(*findings: Finding, texts: Texts = TEXTS) -> Baseline:
    return read_baseline("b.json", written(findings, texts, folder=".").encode(), folder=".")


def new(baseline: Baseline, findings: Sequence[Finding], texts: Texts = TEXTS) -> list[Finding]:
    known = baseline.beside(findings, texts).known
    return [each for each in findings if each not in known]


def test_the_file_is_made_for_git() -> None:
    assert written([SPAWN, LEAK, LEAK], TEXTS, folder=".") == (
        '{"schema": 1, "findings": [\n'
        '  {"path": "billing/notify.go", "rule": "SN901", "function": "notify", '
        '"code": "ch <- call()", "count": 2},\n'
        '  {"path": "shop/app.py", "rule": "SN902", "function": "handler", '
        '"code": "asyncio.create_task(audit(request))", "count": 1}\n]}\n'
    )
    assert written([], TEXTS, folder=".") == '{"schema": 1, "findings": []}\n'


def test_what_was_there_is_known_wherever_its_line_has_gone() -> None:
    before = kept(LEAK)
    moved = replace(LEAK, span=Span(8, 5, 8, 17), message="the select on line 10", confidence=0.1)
    texts = Texts({PATH: b"// one\n\n" + GO.replace(b"\t\tch", b"    ch")})
    assert new(before, [moved], texts) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(LEAK, rule="SN902"),
        replace(LEAK, function="other"),
        replace(LEAK, path="shop/app.py"),
        replace(LEAK, span=Span(4, 2, 4, 9)),
    ],
)
def test_what_differs_is_new(other: Finding) -> None:
    assert new(kept(LEAK), [LEAK, other]) == [other]


def test_of_what_is_alike_so_many_are_known_as_there_were() -> None:
    twice = Texts({PATH: GO + GO})
    second = replace(LEAK, span=Span(20, 3, 20, 15))
    assert new(kept(LEAK), [LEAK, second], twice) == [second]
    assert new(kept(LEAK, second, texts=twice), [LEAK, second], twice) == []


def test_what_is_gone_is_told_if_it_was_looked_for() -> None:
    before = kept(LEAK, LEAK, SPAWN)
    beside = before.beside([LEAK], TEXTS)
    assert {(key.rule, key.path): count for key, count in beside.gone.items()} == {
        ("SN901", PATH): 1,
        ("SN902", "shop/app.py"): 1,
    }
    seen: list[tuple[str, str]] = []

    def looked_for(rule: str, path: str) -> bool:
        seen.append((rule, path))
        return False

    assert before.beside([], TEXTS, looked_for=looked_for).gone == {}
    assert sorted(seen) == [("SN901", PATH), ("SN902", "shop/app.py")]


def test_paths_are_from_the_folder_of_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub" / "ci").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "sub")
    file = tmp_path / "sub" / "a.go"
    file.write_bytes(GO)
    here = replace(LEAK, path="a.go")
    text = written([here], Texts(), folder="ci")
    assert json.loads(text)["findings"][0]["path"] == "../a.go"
    monkeypatch.chdir(tmp_path)
    read = read_baseline("b", text.encode(), folder="sub/ci")
    assert new(read, [replace(LEAK, path="sub/a.go")], Texts()) == []
    assert new(read, [replace(LEAK, path=str(file))], Texts()) == []
    gone = read.beside([], Texts(), looked_for=lambda _, path: path == "sub/a.go").gone
    assert len(gone) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "b.json, the baseline: no JSON (JSONDecodeError); accepted: "),
        (b"\xff", "b.json, the baseline: no JSON (UnicodeDecodeError); "),
        (b"[" * 100_000, "b.json, the baseline: no JSON (RecursionError); "),
        (b"[]", 'b.json, the baseline: no "schema": 1 in it; '),
        (b'{"schema": 2}', 'b.json, the baseline: no "schema": 1 in it; '),
        (b'{"schema": 1}', 'b.json, the baseline: no list of "findings" in it; '),
        (b'{"schema": 1, "findings": [3]}', "b.json, findings[0]: no object; "),
        (b'{"schema": 1, "findings": [{}]}', "b.json, findings[0]: 'path' is missing; "),
        (
            b'{"schema": 1, "findings": [{"path": 1}]}',
            "b.json, findings[0]: 'path' is of another type; ",
        ),
        (
            json.dumps({"schema": 1, "findings": [ENTRY | {"count": True}]}).encode(),
            "b.json, findings[0]: 'count' is of another type; ",
        ),
    ],
)
def test_a_broken_file_is_one_line(data: bytes, said: str) -> None:
    with pytest.raises(FormatError) as raised:
        read_baseline("b.json", data, folder=".")
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


keys = st.sampled_from(["SN901", "SN902"])
some = st.builds(
    replace,
    st.just(LEAK),
    rule=keys,
    function=keys,
    span=st.builds(Span, st.integers(1, 20), st.just(1), st.just(30), st.just(1)),
)


@given(st.lists(some, max_size=12), st.lists(some, max_size=12))
def test_what_is_written_is_known_and_nothing_is_counted_twice(
    before: list[Finding], after: list[Finding]
) -> None:
    assert new(kept(*before), before) == []
    unique = list(dict.fromkeys(after))
    beside = kept(*before).beside(unique, TEXTS)
    assert len(beside.known) + sum(beside.gone.values()) == len(before)
