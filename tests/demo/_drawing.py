"""Reading back what was drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def elements(svg: str, tag: str, name: str | None = None) -> list[ET.Element]:
    """Return the elements with this tag, and class if one is given."""
    found = ET.fromstring(svg).iter(f"{SVG}{tag}")
    return [element for element in found if name is None or name == element.get("class")]


def words(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in elements(svg, "text")]
