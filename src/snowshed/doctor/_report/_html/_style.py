"""How the page looks: quiet, in light, in dark and on paper, and not by colour alone."""

from __future__ import annotations

__all__ = ["STYLE"]

_LIGHT = {
    "paper": "#fbfbfa", "card": "#ffffff", "ink": "#1c2430", "muted": "#5d6a79", "rule": "#e4e7eb",
    "code": "#f1f3f5", "high": "#b42332", "medium": "#a35a00", "low": "#3a5f8a", "good": "#14705a",
    "well": "#a9b3be",
    "s0": "#4c72b0", "s1": "#dd8452", "s2": "#55a868", "s3": "#c44e52", "s4": "#8172b3",
    "s5": "#937860", "s6": "#da8bc3", "s7": "#8c8c8c",
}  # fmt: skip
_DARK = {
    "paper": "#12171d", "card": "#1a2129", "ink": "#e6eaef", "muted": "#98a5b3", "rule": "#2b343f",
    "code": "#232c36", "high": "#ff7b86", "medium": "#f0a94f", "low": "#86b0e0", "good": "#5cc9ab",
    "well": "#56626f",
    "s0": "#7fa3dc", "s1": "#eda377", "s2": "#7fc592", "s3": "#e5848a", "s4": "#a99bd8",
    "s5": "#b89d86", "s6": "#e8aed6", "s7": "#a9a9a9",
}  # fmt: skip

_PAGE = """
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 40px 28px 64px; max-width: 1120px; color: var(--ink);
  background: var(--paper); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
code, .label, .place, .silence { font-family: ui-monospace, "SF Mono", Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
h1 { margin: 4px 0 10px; font-size: 30px; line-height: 1.2; font-weight: 650;
  letter-spacing: -.015em; }
h2 { margin: 0 0 2px; font-size: 17px; font-weight: 650; }
h3 { margin: 0; font-size: 17px; font-weight: 650; display: flex; gap: 10px; align-items: center;
  flex-wrap: wrap; }
p { margin: 0; overflow-wrap: anywhere; }
.brand { color: var(--muted); font-size: 13px; letter-spacing: .04em; }
.lead { font-size: 17px; max-width: 80ch; }
.sources { margin-top: 8px; color: var(--muted); font-size: 13px; }
.sources ol { margin: 6px 0 0; padding-left: 22px; overflow-wrap: anywhere; }
summary { cursor: pointer; }
summary:focus-visible, input:focus-visible + label { outline: 2px solid var(--low);
  outline-offset: 2px; border-radius: 4px; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; margin: 28px 0 40px; }
figure { margin: 0; padding: 18px 20px 14px; background: var(--card); min-width: 0;
  border: 1px solid var(--rule); border-radius: 10px; }
figure.wide { grid-column: 1 / -1; }
figcaption p { color: var(--muted); font-size: 13px; }
.plot { margin-top: 12px; overflow-x: auto; }
.plot svg { display: block; width: 100%; height: auto; }
.wide .plot svg { width: auto; max-width: 100%; }
figure .plot svg { min-width: 460px; } .wide .plot svg { min-width: 820px; }
"""
_PLOTS = """
svg text { fill: var(--ink); font-size: 12px; }
svg .tick { fill: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
.grid { stroke: var(--rule); fill: none; }
.line path { fill: none; stroke-width: 1.6; stroke: currentColor; stroke-linejoin: round; }
.line path[d$="h0"] { stroke-width: 5; stroke-linecap: round; }
.line .label { fill: currentColor; }
.line.well { color: var(--well); } .line.well .label { fill: var(--muted); }
.line.high, .bar.high { color: var(--high); } .line.medium, .bar.medium { color: var(--medium); }
.line.low, .bar.low { color: var(--low); }
.line.high path { stroke-width: 2.4; } .line.low path { stroke-dasharray: 5 3; }
.line.low path[d$="h0"] { stroke-dasharray: none; }
.bar rect { fill: var(--well); }
.bar.high rect, .bar.medium rect, .bar.low rect { fill: currentColor; }
.bar.high .label, .bar.medium .label, .bar.low .label { fill: currentColor; }
.layer path { fill: none; stroke: currentColor; } .layer .area { fill: currentColor;
  stroke: var(--card); }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
.s6 { color: var(--s6); } .s7 { color: var(--s7); }
.bar.s0 rect, .bar.s1 rect, .bar.s2 rect, .bar.s3 rect, .bar.s4 rect, .bar.s5 rect, .bar.s6 rect,
.bar.s7 rect { fill: currentColor; }
.states .label { font-family: inherit; }
.branch { fill: none; stroke: var(--well); }
.own { fill: var(--s0); } .below { fill: var(--s0); fill-opacity: .3; } .gone { fill: url(#ended); }
.hatch { stroke: var(--medium); stroke-width: 4; } .hatch-ground { fill: var(--medium);
  fill-opacity: .28; }
.node rect { fill: var(--code); stroke: var(--well); }
.node.high rect { stroke: var(--high); stroke-width: 2; }
.node.medium rect { stroke: var(--medium); stroke-width: 2; }
.node.low rect { stroke: var(--low); stroke-width: 1.5; }
.edge path { fill: none; stroke: var(--muted); stroke-width: 1.4; }
.edge.back path { stroke: var(--high); stroke-width: 1.8; stroke-dasharray: 6 4; }
#arrow path { fill: var(--muted); stroke: none; } #arrow-back path { fill: var(--high); }
svg .edge-label { fill: var(--muted); stroke: var(--card); stroke-width: 4px; paint-order: stroke; }
.spark { width: 88px; height: 20px; vertical-align: -4px; margin-left: 12px; }
.spark path { fill: none; stroke: currentColor; stroke-width: 1.6; }
"""
_CARDS = """
main > input { position: absolute; opacity: 0; }
main > h2 { font-size: 22px; letter-spacing: -.01em; margin-bottom: 10px; }
main > label { display: inline-block; margin: 0 8px 16px 0; padding: 3px 12px; font-size: 14px;
  border: 1px solid currentColor; border-radius: 99px; cursor: pointer; user-select: none; }
label.high, .high .severity, .finding.high .count { color: var(--high); }
label.medium, .medium .severity, .finding.medium .count { color: var(--medium); }
label.low, .low .severity, .finding.low .count { color: var(--low); }
main > input:not(:checked) + label { color: var(--muted); text-decoration: line-through; }
#show-high:not(:checked) ~ .cards .high, #show-medium:not(:checked) ~ .cards .medium,
#show-low:not(:checked) ~ .cards .low { display: none; }
.finding { margin: 0 0 18px; padding: 18px 22px; background: var(--card); border-radius: 10px;
  border: 1px solid var(--rule); border-left: 4px solid var(--low); }
.finding.high { border-left-color: var(--high); }
.finding.medium { border-left-color: var(--medium); border-left-style: double;
  border-left-width: 6px; }
.finding.low { border-left-color: var(--low); border-left-style: dashed; }
.finding.known { border-left-color: var(--well); }
.finding header { display: grid; grid-template-columns: 1fr auto; gap: 2px 16px; }
.severity { font-size: 12px; text-transform: uppercase; letter-spacing: .06em; font-weight: 700; }
.standing { font-size: 12px; font-weight: 500; padding: 0 8px; border-radius: 99px;
  border: 1px solid var(--rule); color: var(--muted); }
.count { text-align: right; } .count strong { font-size: 19px; font-weight: 650;
  font-variant-numeric: tabular-nums; }
.count code { color: var(--ink); }
.place { grid-column: 1 / -1; font-size: 13.5px; } .place code { background: none; padding: 0; }
.function { color: var(--muted); }
dl { display: grid; grid-template-columns: 84px 1fr; gap: 5px 14px; margin: 14px 0 0; }
dt { color: var(--muted); font-size: 14px; } dd { margin: 0; min-width: 0; max-width: 84ch; }
.do { font-weight: 550; }
.silence { font-size: 13px; color: var(--muted); user-select: all; }
code { font-size: .93em; background: var(--code); border-radius: 4px; padding: 1px 5px;
  overflow-wrap: anywhere; }
details { margin-top: 12px; font-size: 13.5px; } details ol { margin: 8px 0; padding-left: 30px; }
details code { background: none; padding: 0; } details summary { color: var(--muted); }
details p { color: var(--muted); }
.more { color: var(--muted); } .well { color: var(--good); }
footer { margin-top: 40px; padding-top: 18px; border-top: 1px solid var(--rule);
  font-size: 13.5px; }
footer h2 { font-size: 15px; margin-top: 12px; } footer ul { margin: 4px 0; padding-left: 20px;
  overflow-wrap: anywhere; }
.version { color: var(--muted); margin-top: 14px; }
@media screen and (max-width: 860px) { body { padding: 22px 14px 40px; }
  .figures { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; gap: 1px; }
  dd { margin-bottom: 7px; } .finding header { grid-template-columns: 1fr; }
  .count { text-align: left; } }
@media print { body { max-width: none; padding: 0; font-size: 11pt; }
  main > label { display: none; }
  figure, .finding { break-inside: avoid; border-color: #bbb; } .figures { margin: 16px 0; }
  figure { padding: 10px 12px; } figure .plot svg, .wide .plot svg { min-width: 0; width: 100%; }
  .plot { overflow: visible; } summary { display: none; } h2 { break-after: avoid; } }
"""


def _colours(scheme: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in scheme.items())


STYLE = (
    f":root {{ color-scheme: light dark; {_colours(_LIGHT)} }}\n"
    f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_colours(_DARK)} }} }}\n"
    f"{_PAGE}{_PLOTS}{_CARDS}"
)
