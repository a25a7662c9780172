from __future__ import annotations

import re

from demo._sample import FINDINGS
from snowshed.demo._report import report


def test_every_colour_that_is_used_is_defined_for_light_and_for_dark() -> None:
    page = report(FINDINGS)
    used = set(re.findall(r"var\(--([a-z]+)\)", page))
    assert used
    for name in used:
        assert page.count(f"--{name}: #") == 2, name


def test_every_class_that_is_drawn_has_a_style() -> None:
    page = report(FINDINGS)
    style = page[: page.index("</style>")]
    drawn = {name for names in re.findall(r'class="([^"]+)"', page) for name in names.split()}
    assert drawn
    for name in drawn:
        assert f".{name} " in style or f".{name}," in style, name


def test_text_can_be_read_on_its_background_in_both_schemes() -> None:
    for scheme in re.findall(r"color-scheme[^}]*|:root \{ --[^}]*", report(FINDINGS))[:2]:
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", scheme))
        assert contrast(colours["ink"], colours["paper"]) > 10
        assert contrast(colours["muted"], colours["paper"]) > 4.5
        for mark in ("good", "failed", "tasks"):
            assert contrast(colours[mark], colours["paper"]) > 3, mark


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
