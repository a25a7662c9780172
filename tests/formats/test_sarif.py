from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _sarif import valid_run
from snowshed.formats import sarif

pytestmark = pytest.mark.house


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./states.go", ("states.go", True)),
        ("shop/a b#?%.go", ("shop/a%20b%23%3F%25.go", True)),
        ("/srv/shop/main.go", ("file:///srv/shop/main.go", False)),
        ("C:\\shop\\main.py", ("file:///C:/shop/main.py", False)),
        ("a:b.go", ("a%3Ab.go", True)),
        ("\ud800.go", ("%3F.go", True)),
        ("", ("unknown", True)),
        ("//", ("unknown", True)),
    ],
)
def test_a_path_is_a_uri(path: str, expected: tuple[str, bool]) -> None:
    assert sarif.uri(path) == expected


def test_a_message_has_no_links_and_no_control_characters() -> None:
    assert sarif.message("F[x](y)\x1b[2J\nnext") == {"text": "F[x] (y)\\x1b[2J\nnext"}


def test_a_sentence_is_one_line_with_a_capital_and_a_full_stop() -> None:
    assert sarif.sentence("one\n  two.") == "One two."


def test_what_is_alike_is_numbered_by_its_line() -> None:
    same = ["SN301", "f"]
    one, two, other = sarif.fingerprints([(same, 20), (same, 10), (["SN301", "g"], 1)])
    assert one["primaryLocationLineHash"].removesuffix(":2") == two[
        "primaryLocationLineHash"
    ].removesuffix(":1")
    assert other["primaryLocationLineHash"].endswith(":1")
    assert len({each["snowshed/v1"] for each in (one, two, other)}) == 3


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_is_said_is_valid(path: str, said: list[str]) -> None:
    place = {"physicalLocation": {"artifactLocation": sarif.artifact(path)}}
    result = {"message": sarif.message(said[0] if said else ""), "locations": [place]}
    told = sarif.log(
        {"name": "x"},
        [result],
        notifications=sarif.notes("note", said),
        properties={"total": 1},
    )
    assert len(valid_run(told)["results"]) == 1
