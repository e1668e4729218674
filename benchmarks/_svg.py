"""Charts as SVG, written by hand: bars that are readable on light pages and on dark ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.harness import Figures, Result

__all__ = ["bars", "shares"]

_WIDTH, _LEFT, _RIGHT = 720, 16, 704
_LABELS, _LENGTH = 260, 330
"""Where bars begin, and how long the longest is."""
_HEAD, _ROW, _SHARE_ROW = 42, 24, 40
_WIDEST_SHARE = 1.25
"""Of the least: where the bars of figures that miss it are cut off."""

# With a paper of its own a chart stays readable where the page is dark and the reader's system is not.
_STYLE = """<style>
.paper { fill: #ffffff; stroke: #d0d7de }
text { fill: #1f2328; font: 12px system-ui, sans-serif }
.title { font-weight: 600; font-size: 13px }
.quiet { fill: #59636e }
.ours { fill: #0969da }
.theirs { fill: #8c959f }
.missed { fill: #cf222e }
.mark { stroke: #59636e; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117; stroke: #3d444d }
text { fill: #f0f6fc }
.quiet { fill: #9198a1 }
.ours { fill: #4493f8 }
.theirs { fill: #656c76 }
.missed { fill: #f85149 }
.mark { stroke: #9198a1 }
}
</style>"""


def bars(figures: Figures) -> str:
    """Draw one panel of bars after the other, each with a scale of its own; ``flexsdk`` stands out.

    Where it is alone among others, each bar tells how many times ours it is.
    """
    parts: list[str] = []
    top = 8
    for title, values in figures.items():
        parts.append(_text(_LEFT, top + 24, title, "title"))
        most = max(values.values(), default=0.0) or 1.0
        ours = values.get("flexsdk", 0.0)
        for row, (label, value) in enumerate(values.items()):
            kind = "ours" if label.startswith("flexsdk") else "theirs"
            times = f"{value / ours:.2f} x" if ours and label != "flexsdk" else ""
            parts += _bar(top + _HEAD + row * _ROW, label, value / most, kind, f"{value:,.4g}", times)
        top += _HEAD + len(values) * _ROW + 12
    return _page(parts, top)


def shares(title: str, results: Sequence[Result]) -> str:
    """Draw how much of what is allowed each figure takes; a bar that ends left of the line is within."""
    parts = [_text(_LEFT, 32, title, "title")]
    for row, result in enumerate(results):
        y = 8 + _HEAD + row * _SHARE_ROW
        length = min(_WIDEST_SHARE, _share(result)) / _WIDEST_SHARE * (_RIGHT - _LEFT)
        kind = "ours" if result.ok else "missed"
        parts.append(_text(_LEFT, y + 12, result.case))
        parts.append(_text(_RIGHT, y + 12, f"{result.value:,.4g} {result.unit}".strip(), anchor="end"))
        parts.append(_rectangle(kind, _LEFT, y + 18, length, 10))
    bottom = 8 + _HEAD + len(results) * _SHARE_ROW
    line = _LEFT + (_RIGHT - _LEFT) / _WIDEST_SHARE
    parts.append(f'<path class="mark" d="M{line:g} {_HEAD + 26}V{bottom}"/>')
    parts.append(_text(line, bottom + 12, "what is allowed", "quiet", "middle"))
    return _page(parts, bottom + 26)


def _share(result: Result) -> float:
    if result.better == "lower":
        return result.value / result.least if result.least else _WIDEST_SHARE * (not result.ok)
    return result.least / result.value if result.value else _WIDEST_SHARE


def _bar(y: int, label: str, share: float, kind: str, value: str, times: str) -> Iterable[str]:
    length = share * _LENGTH
    yield _text(_LABELS - 10, y + 13, label, anchor="end")
    yield _rectangle(kind, _LABELS, y, length, 17)
    yield (
        f'<text x="{_LABELS + length + 8:.1f}" y="{y + 13}">{escape(value)}'
        f'<tspan class="quiet" dx="8">{escape(times)}</tspan></text>'
    )


def _rectangle(kind: str, x: int, y: int, width: float, height: int) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{height}" rx="2"/>'


def _text(x: float, y: int, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _page(parts: Iterable[str], height: int) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    paper = f'<rect class="paper" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="6"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, _STYLE, paper, *parts, "</svg>\n"])
