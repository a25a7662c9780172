"""The page in a real browser: it asks for nothing, runs nothing, and is legible in both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from _browser import Page, browser
from doctor import _pages
from snowshed.doctor import html

pytestmark = [pytest.mark.house, pytest.mark.slow]

# Returns for each element with text of its own: the text, and the contrast with what is behind it.
CONTRASTS = """
(() => {
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = rgb(c).map(v => v / 255).map(
    v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c; }
    return 'rgb(255, 255, 255)'; };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || ['title', 'STYLE'].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const colour = e.tagName === 'text' ? style.fill : style.color;
    const node = e.tagName === 'text' && e.closest('.node rect, .node');
    const ground = node ? getComputedStyle(node.querySelector('rect')).fill : behind(e);
    const [a, b] = [light(colour), light(ground)].sort((x, y) => y - x);
    found.push([e.textContent.slice(0, 40), (a + .05) / (b + .05)]);
  }
  return found;
})()
"""
# Returns how many labels of the plots lie on another one, or beyond their plot.
COLLISIONS = """
[...document.querySelectorAll('.plot svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text.label, text.tick')].map(
    e => [e.textContent, e.getBoundingClientRect()]);
  const over = boxes.filter(([t, b]) => b.right > frame.right + 1 || b.bottom > frame.bottom + 1);
  const clash = boxes.filter(([t, b], i) => boxes.slice(i + 1).some(([u, c]) =>
    b.left < c.right - 1 && c.left < b.right - 1 && b.top < c.bottom - 3 && c.top < b.bottom - 3));
  return [...over, ...clash].map(([t]) => t);
})
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html(_pages.everything(), version="1.2.3"), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(tab: Page, report: str) -> Page:
    tab.faults.clear()
    tab.size(1200, 900)
    tab.prefer("light")
    tab.open(report)
    return tab


def count(page: Page, selector: str) -> Any:
    return page.run(f"document.querySelectorAll({selector!r}).length")


def visible(page: Page, selector: str) -> Any:
    every = f"[...document.querySelectorAll({selector!r})]"
    return page.run(f"{every}.filter(e => e.getClientRects().length).length")


def test_it_asks_for_nothing_and_says_nothing(page: Page, report: str) -> None:
    assert page.requests == [report]
    assert page.faults == []


def test_a_hostile_name_does_not_run_and_is_not_even_stopped(tab: Page, tmp_path: Path) -> None:
    path = tmp_path / "evil.html"
    path.write_text(html(_pages.everything(_pages.EVIL), version="1.2.3"), encoding="utf-8")
    tab.faults.clear()
    tab.open(path.as_uri())
    assert tab.run("typeof ran") == "undefined"
    assert count(tab, "script, img, a, iframe, object, link, form") == 0
    # Nothing that the policy had to refuse, either: it would have been logged.
    assert (tab.requests, tab.faults) == ([path.as_uri()], [])


def test_the_policy_would_stop_what_has_slipped_through(tab: Page, tmp_path: Path) -> None:
    path = tmp_path / "slipped.html"
    told = html(_pages.everything(), version="1.2.3")
    slipped = "<script>ran = 1</script><img src='http://192.0.2.1/x'><style>p{}</style>"
    path.write_text(told.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    tab.open(path.as_uri())
    assert tab.run("typeof ran") == "undefined"
    # All three were refused, and nothing has left.
    refused = [each for each in tab.faults if "Content Security Policy" in each]
    assert len(refused) == 3


def test_the_plots_are_there(page: Page) -> None:
    assert count(page, ".growth svg .line path") >= 6
    assert count(page, ".states svg .area") == 5
    assert count(page, ".tree svg rect.own") >= 5
    assert count(page, ".waits svg .edge path") == 3
    sizes = page.run(
        "[...document.querySelectorAll('.plot svg')].map(e => e.getBoundingClientRect())"
        ".map(r => [r.width, r.height])"
    )
    assert len(sizes) == 4
    assert all(width > 300 and height > 80 for width, height in sizes)
    assert page.run(COLLISIONS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_word_stands_out(page: Page, scheme: str) -> None:
    page.prefer(scheme)
    dark = page.run("getComputedStyle(document.body).backgroundColor") != "rgb(251, 251, 250)"
    assert dark is (scheme == "dark")
    contrasts = page.run(CONTRASTS)
    assert len(contrasts) > 100
    # 4.5 is what WCAG 2 asks of text.
    assert [each for each in contrasts if each[1] < 4.5] == []


def test_a_click_hides_what_is_less_severe(page: Page) -> None:
    before = visible(page, ".finding")
    assert before == count(page, ".finding") >= 4
    page.run("document.querySelector('label[for=show-low]').click()")
    assert visible(page, ".finding.low") == 0
    assert visible(page, ".finding.high") == count(page, ".finding.high") > 0
    page.run("document.querySelector('label[for=show-low]').click()")
    assert visible(page, ".finding") == before


def test_it_fits_a_telephone_and_a_sheet_of_paper(page: Page) -> None:
    page.size(420, 900)
    # Nothing sticks out beside what is to be seen.
    assert page.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.prefer("dark", media="print")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(251, 251, 250)"
    assert visible(page, "main > label, summary") == 0
    page.size(700, 900)
    assert page.run(
        "[...document.querySelectorAll('.plot')].every(e => e.scrollWidth <= e.clientWidth)"
    )
    page.prefer("light")
    assert page.paper().startswith(b"%PDF")
