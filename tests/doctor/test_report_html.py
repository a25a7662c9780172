"""The page as text: whole, escaped and bounded, whatever it is made of. How it looks: beside."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor import _pages
from doctor._dumps import goroutine, look, of_file
from doctor._findings import LEAK, NIL, diagnosis
from snowshed.doctor import Diagnosis, Look, compare, diagnose, document, html
from snowshed.doctor._report._html._figure import compact, cut, short, spread
from snowshed.doctor._report._html._graph import HEIGHT, graph_of
from snowshed.doctor._report._html._history import MOMENTS_AT_MOST, history
from snowshed.model import Finding, Frame, Related, Spawned

MEGABYTE = 1 << 20
_TAGS = (
    "html head meta title style body header p h1 h2 h3 details summary ol ul li section figure "
    "figcaption div svg g path rect text defs marker pattern main input label article span "
    "strong code dl dt dd footer"
)
TAGS = frozenset(_TAGS.split())
VOID = {"meta", "input"}


class Reader(HTMLParser):
    """Collects what a page holds, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.words: list[str] = []
        self.odd: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.odd += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        self.odd += ["style"] if any(name == "style" for name, _ in attrs) else []
        self.classes[dict(attrs).get("class") or ""] += 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(found: Diagnosis) -> Reader:
    page = html(found, version="1.2.3")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.tags.keys() <= TAGS
    assert reader.odd == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", page)
    return reader


def test_it_says_what_was_found_and_what_to_do() -> None:
    page = read(replace(diagnosis(LEAK), warnings=("cut off",)))
    assert page.text.count("5,000 goroutines, 1 finding") == 2
    for said in (
        "high abandoned-sender 4,812 in chan send billing/notify.go:88 billing.notify",
        "Cause channel-cascade, 93% sure",
        "Seen 1,000 -> 4,812 in 375 s, +610 a minute created at billing/notify.go:71 billing.bill",
        "Why whoever should receive has returned early",
        "Against a receiver that is slow looks the same in a single look",
        "See also the receiver returns here: billing/notify.go:30 billing.wait",
        "Do give the channel a buffer",
        "Silence --ignore abandoned-sender=billing.notify",
        "4,812 goroutines, such as 17, 18",
        "Could not be read, or was not asked for cut off",
        "snowshed 1.2.3",
    ):
        assert said in page.text


def test_it_has_each_plot() -> None:
    page = read(_pages.everything())
    assert {"growth", "states", "tree wide", "waits wide"} <= page.classes.keys()
    assert page.classes["line high"] == 1
    assert (page.classes["edge"], page.classes["edge back"]) == (2, 1)
    assert "first +60 s +2 min +3 min" in page.text
    assert "main.notify:88 340" in page.text
    assert "4 requests hold more than 50 goroutines each" in page.text


def test_one_look_is_told_by_bars_and_none_by_nothing() -> None:
    page = read(diagnose([of_file("leak2.txt")]))
    assert "Where they stand of one look; 4 more places not drawn" in page.text
    assert "Growth" not in page.text
    assert "nothing was seen" in read(Diagnosis(0, ())).text
    assert "Nothing is wrong, as far as these looks show." in read(Diagnosis(0, ())).text


def test_looks_whose_time_is_not_known_stand_side_by_side() -> None:
    dumps = [look(goroutine(2, "chan send", "main.f:5"), source=name) for name in "abc"]
    assert "look 1 look 2 look 3" in read(diagnose(dumps)).text


def test_beside_a_baseline_each_says_how_it_stands() -> None:
    old = json.dumps({"schema": 1, **document(diagnosis(LEAK, replace(LEAK, detail="lock-order")))})
    page = read(compare(diagnosis(LEAK, NIL), "old.json", old.encode()))
    assert "Beside the baseline: 1 known, 1 new, 0 worse, 1 gone." in page.text
    assert "abandoned-sender known" in page.text
    assert "nil-channel new" in page.text
    assert "Gone since the baseline lock-order in billing.notify: 4,812" in page.text


def test_a_hostile_name_is_only_a_name() -> None:
    page = read(_pages.everything(_pages.EVIL))
    assert "<script>ran = 1</script>" in page.text
    assert "\\x1b[2J" in page.text


texts = st.text(max_size=20)
frames = st.builds(Frame, texts, texts, st.integers(-5, 2**40))


@given(texts, frames, st.none() | frames, st.integers(0, 2**40))
def test_whatever_the_names_are(said: str, at: Frame, made: Frame | None, count: int) -> None:
    finding = replace(
        LEAK, at=at, created_by=made, count=count, state=said, evidence=(said,), advice=said
    )
    dump = look(goroutine(2, "chan send", "main.f:5"), source=said)
    read(Diagnosis(count, (finding, *_pages.findings(said)), (said,), (dump, dump)))


def test_twenty_thousand_findings_are_a_page_that_can_be_read() -> None:
    many = [replace(LEAK, at=replace(LEAK.at, line=line)) for line in range(20_000)]
    page = html(diagnosis(*many), version="1")
    assert len(page) < MEGABYTE
    assert "and 19,800 more findings; the JSON has them all" in page


def test_a_stack_of_ten_thousand_calls_is_cut_and_counted() -> None:
    calls = [f"main.deeper:{line}" for line in range(10_000)]
    found = diagnose([look(goroutine(2, "chan send", *calls))])
    page = html(replace(found, findings=(*found.findings,)), version="1")
    assert len(found.findings) == 1
    assert "and 9,960 more calls" in page
    assert page.count("main.deeper") < 100


def test_names_and_lists_without_end_are_cut_and_counted() -> None:
    long = "x" * 100_000
    finding = replace(LEAK, at=Frame(long, long, 1), evidence=(long,) * 1000, state=long, why=long)
    found = Diagnosis(1, (finding,), (long,) * 1000, ignored=((long, 1),) * 1000)
    page = html(found, version="1")
    assert len(page) < MEGABYTE
    assert "and 981 more" in page
    assert "(100,000 characters)" in page


def test_many_places_and_many_looks_are_thinned_evenly() -> None:
    wide = look(*(goroutine(n, "select", f"main.f{n}:5") for n in range(2, 1000)))
    page = html(replace(diagnosis(), looks=(wide, wide)), version="1")
    assert len(page) < MEGABYTE
    assert "991 more are not drawn" in page
    seen = history(replace(diagnosis(), looks=(wide,) * 300))
    assert len(seen.moments) == MOMENTS_AT_MOST


@pytest.mark.parametrize(("lines", "left_out"), [(48, 0), (49, 1)])
def test_rows_of_the_tree_that_are_too_many_are_counted(lines: int, left_out: int) -> None:
    spawned = tuple(Spawned(Frame("main.f", "main.go", n), "main.g", 1) for n in range(lines))
    page = read(replace(diagnosis(), spawned=spawned))
    assert page.text.count("; 1 more row not drawn") == left_out


def test_one_line_does_not_press_the_others_to_the_ground() -> None:
    def seen(few: int, many: int) -> Look:
        listed = [goroutine(n, "chan send", f"main.f{n % 5}:5") for n in range(few)]
        return look(*listed, *(goroutine(n, "select", "main.g:5") for n in range(few, many)))

    page = read(replace(diagnosis(), looks=(seen(20, 3000), seen(40, 9000))))
    assert "each step up is three times as many" in page.text
    assert "1 3 10 30 100 300 1k 3k 10k" in page.text
    page = read(replace(diagnosis(), looks=(seen(20, 30), seen(40, 90))))
    assert "each step" not in page.text


def test_two_states_at_one_line_are_told_apart() -> None:
    states = [goroutine(n, ("select", "sleep")[n % 2], "main.g:5") for n in range(9)]
    page = read(replace(diagnosis(), looks=(look(*states), look(*states))))
    assert "main.g:5 select 5" in page.text
    assert "main.g:5 sleep 4" in page.text


def test_looks_that_show_a_part_are_not_in_the_plots() -> None:
    whole, part = of_file("leak2.txt"), of_file("leak.pb.gz")
    assert part.only_leaks
    assert len(history(diagnose([whole, part, whole])).moments) == 2


@given(st.lists(st.floats(0, 300), max_size=12))
def test_labels_keep_apart_and_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 16, 0, 300)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gaps = [placed[b] - placed[a] for a, b in pairwise(order)]
    assert all(gap >= 16 - 1e-6 for gap in gaps)
    assert all(-1e-6 <= each <= 300 + 1e-6 for each in placed)


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (950, "950"), (1500, "1.5k"), (2e6, "2M"), (3.2e9, "3.2G")]
)
def test_a_number_takes_few_characters(value: float, said: str) -> None:
    assert compact(value) == said


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("github.com/acme/pay/ledger.(*Book[...]).post", "ledger.(*Book[...]).post:5"),
        ("main.Map[go.shape/x.y]", "main.Map[go.shape/x.y]:5"),
        ("handle.<locals>.work", "handle.<locals>.work:5"),
        ("", "a.go:5"),
    ],
)
def test_a_place_is_its_function_without_the_path(function: str, said: str) -> None:
    assert short(Frame(function, "/srv/a.go", 5), 60) == said


def test_what_is_too_long_keeps_both_ends() -> None:
    assert cut("abcdefghij", 7) == "abc…hij"
    assert cut("abc", 3) == "abc"


def waiting(*pairs: tuple[str, str]) -> list[Finding]:
    """Findings of which each names another place."""

    def at(name: str) -> Frame:
        return Frame(f"main.{name}", "main.go", ord(name[0]))

    there = Related(at("a"), "")
    return [replace(LEAK, at=at(a), related=(replace(there, at=at(b)),)) for a, b in pairs]


def test_who_waits_is_left_of_who_holds_him_up_and_a_circle_leads_back() -> None:
    graph = graph_of(waiting(("a", "b"), ("b", "c"), ("c", "a"), ("d", "c"), ("a", "a")))
    layers = {node.at.function[-1]: node.layer for node in graph.nodes}
    assert layers == {"a": 0, "b": 1, "c": 2, "d": 0}
    back = [edge for edge in graph.edges if edge.back]
    assert [(each.source.at.function, each.target.at.function) for each in back] == [
        ("main.c", "main.a")
    ]
    assert all(node.finding is not None for node in graph.nodes)


def test_a_line_over_a_layer_runs_through_no_node() -> None:
    graph = graph_of(waiting(("a", "b"), ("b", "c"), ("a", "c")))
    (over,) = [edge for edge in graph.edges if edge.through]
    (b,) = [node for node in graph.nodes if node.at.function == "main.b"]
    (through,) = over.through
    assert through.x == b.x
    assert abs(through.y - b.y) >= HEIGHT


def test_what_leads_too_far_or_is_too_much_is_counted() -> None:
    chain = [(chr(n), chr(n + 1)) for n in range(ord("a"), ord("j"))]
    assert graph_of(waiting(*chain)).left_out == len(chain) - 3
    many = graph_of(waiting(*(("a" + chr(n), "b" + chr(n)) for n in range(97, 122))))
    assert (len(many.edges), many.left_out) == (12, 13)
    assert "13 more lines not drawn" in html(
        diagnosis(*waiting(*(("a" + chr(n), "b" + chr(n)) for n in range(97, 122)))), version="1"
    )


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg"))))
def test_nodes_never_lie_on_each_other(pairs: list[tuple[str, str]]) -> None:
    graph = graph_of(waiting(*pairs))
    places = [(node.x, node.y) for node in graph.nodes]
    places += [(node.x, node.y) for edge in graph.edges for node in edge.through]
    for (x, y), (u, v) in combinations(places, 2):
        assert x != u or abs(y - v) >= HEIGHT
    for edge in graph.edges:
        assert edge.back is (edge.target.layer <= edge.source.layer)
