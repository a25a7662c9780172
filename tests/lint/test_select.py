"""Which findings are told."""

from __future__ import annotations

import pytest

from lint._fakes import kit
from snowshed.lint import Finding, Span, Tier
from snowshed.lint._patterns import Patterns
from snowshed.lint._select import Selection, meant, nearest


def finding(rule: str, tier: Tier = Tier.DEFAULT) -> Finding:
    return Finding(rule, "a.py", Span(1, 1, 1, 2), "it is", tier=tier)


def test_all_are_selected_unless_something_is_said() -> None:
    assert Selection().selects("SN301", "a.py")
    assert not Selection(selected=frozenset({"SN302"})).selects("SN301", "a.py")
    assert not Selection(ignored=frozenset({"SN301"})).selects("SN301", "a.py")
    both = Selection(selected=frozenset({"SN301"}), ignored=frozenset({"SN301"}))
    assert not both.selects("SN301", "a.py")


def test_some_are_left_out_by_path() -> None:
    left_out = (
        (Patterns(["gen/"]), frozenset({"SN301"})),
        (Patterns(["*_x.py"]), frozenset({"SN302"})),
    )
    selection = Selection(ignored_in=left_out)
    assert not selection.selects("SN301", "a/gen/b/c.py")
    assert selection.selects("SN302", "a/gen/b/c.py")
    assert not selection.selects("SN302", "b_x.py")


def test_advice_is_told_if_it_is_asked_for_or_the_rule_is_by_name() -> None:
    assert Selection().tells(finding("SN301"))
    assert not Selection().tells(finding("SN301", Tier.ADVICE))
    assert Selection(advice=True).tells(finding("SN301", Tier.ADVICE))
    assert Selection(asked=frozenset({"SN301"})).tells(finding("SN301", Tier.ADVICE))


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("sn901", ["SN901"]),
        ("bad-word", ["SN901"]),
        ("sn90", ["SN901", "SN902", "SN903", "SN904", "SN905", "SN906"]),
        ("channel-cascade", ["SN901", "SN902", "SN903", "SN904", "SN905", "SN906"]),
        ("sn8", []),
    ],
)
def test_words_for_rules(word: str, ids: list[str]) -> None:
    assert sorted(meant(kit().rules()).get(word, ())) == ids


WORDS = ["SN301", "SN310", "SN311", "SN321", "SN501", "bad-word", "worse-word-of-all", "bad-wood"]


@pytest.mark.parametrize(
    ("word", "meant_was"),
    [
        ("SN3O1", "SN301"),
        ("sn30l", "SN301"),
        ("S501", "SN501"),
        ("501", "SN501"),
        ("worse", "worse-word-of-all"),
        ("Bad-Wort", "bad-word"),
        # It may be any of several, or is the id of another program.
        ("SN331", None),
        ("E501", None),
        ("bad", None),
        ("gosec", None),
        ("", None),
    ],
)
def test_the_nearest_word_is_told_only_if_it_is_one(word: str, meant_was: str | None) -> None:
    assert nearest(word, WORDS) == meant_was
    assert nearest(word, []) is None
