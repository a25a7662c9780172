"""Colours and type, for light and for dark; one style for the report and for the picture.

Good, late and failed differ in lightness and in shape as well as in hue, so that the plots can be
read without colour vision and in print.
"""

from __future__ import annotations

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_LIGHT = {
    "paper": "#ffffff",
    "card": "#f6f8fa",
    "ink": "#17212b",
    "muted": "#5b6b7b",
    "rule": "#e3e8ed",
    "flood": "#f4b740",
    "good": "#0b7a75",
    "late": "#d9822b",
    "failed": "#c8323c",
    "sent": "#d5dce3",
    "tasks": "#4f5bd5",
    "memory": "#7a5195",
}
_DARK = {
    "paper": "#10171f",
    "card": "#18222d",
    "ink": "#e8eef4",
    "muted": "#93a4b5",
    "rule": "#26323f",
    "flood": "#f4b740",
    "good": "#35c4b5",
    "late": "#f2a65a",
    "failed": "#ff7079",
    "sent": "#34424f",
    "tasks": "#8f9aff",
    "memory": "#c394e0",
}

_FIGURE = """
text { font-family: %(font)s; fill: var(--ink); }
.title { font-size: 14px; font-weight: 600; }
.legend, .tick { font-size: 12px; fill: var(--muted); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--rule); } .axis { stroke: var(--muted); }
.flood { fill: var(--flood); fill-opacity: .13; }
.objective { stroke: var(--muted); stroke-dasharray: 4 4; }
.good { fill: var(--good); } .late { fill: var(--late); } .failed { fill: var(--failed); }
.sent-key { fill: var(--sent); } .rule-key { fill: var(--muted); }
.good-dot, .late-dot { fill: none; stroke-width: 4; stroke-linecap: round; stroke-opacity: .6; }
.good-dot { stroke: var(--good); } .late-dot { stroke: var(--late); }
.failed-cross { fill: none; stroke: var(--failed); stroke-width: 1.4; stroke-opacity: .8; }
.sent { fill: var(--sent); } .good-bar { fill: var(--good); }
.tasks, .memory { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.tasks { stroke: var(--tasks); } .memory { stroke: var(--memory); }
.tasks-area { fill: var(--tasks); } .memory-area { fill: var(--memory); }
.tasks-area, .memory-area { fill-opacity: .16; }
"""


def figure_style() -> str:
    """Return the style sheet of a figure, with the colours of both schemes."""
    return f"{colours(':root')}{_FIGURE % {'font': FONT}}"


def colours(selector: str) -> str:
    """Return both colour schemes as variables of the elements that ``selector`` selects."""
    return (
        f"{selector} {{ color-scheme: light dark; {_variables(_LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ {selector} {{ {_variables(_DARK)} }} }}"
    )


def _variables(scheme: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in scheme.items())
