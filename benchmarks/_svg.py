"""Charts as SVG, written by hand: bars, and lines over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#7b5ea7", "#b08900", "#555555")
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"'
_WIDTH = 640


def save(name: str, drawing: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.svg").write_text(drawing, encoding="utf-8")


def bars(panels: Mapping[str, Mapping[str, float]]) -> str:
    """Draw one panel of horizontal bars after the other; each has a scale of its own."""
    parts: list[str] = []
    top = 0
    for title, values in panels.items():
        parts.append(f'<text x="10" y="{top + 20}" font-weight="bold">{escape(title)}</text>')
        most = max(values.values(), default=0.0) or 1.0
        for row, (label, value) in enumerate(values.items()):
            y = top + 30 + row * 22
            length = value / most * 380
            colour = COLOURS[0] if label.startswith("flexsdk") else COLOURS[1]
            parts.append(f'<text x="170" y="{y + 13}" text-anchor="end">{escape(label)}</text>')
            parts.append(f'<rect x="180" y="{y}" width="{length:.1f}" height="17" fill="{colour}"/>')
            parts.append(f'<text x="{186 + length:.1f}" y="{y + 13}">{value:,.4g}</text>')
        top += 45 + len(values) * 22
    return _page(parts, top)


def lines(title: str, unit: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw values over time; all series share one scale."""
    points = [point for line in series.values() for point in line]
    last = max((x for x, _ in points), default=0.0) or 1.0
    most = max((y for _, y in points), default=0.0) or 1.0
    parts = [f'<text x="10" y="20" font-weight="bold">{escape(title)}</text>', *_axes(last, most, unit)]
    for number, (label, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{60 + x / last * 560:.1f},{270 - y / most * 220:.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="70" y="{305 + number * 16}" style="fill:{colour}">{escape(label)}</text>')
    return _page(parts, 310 + len(series) * 16)


def _axes(last: float, most: float, unit: str) -> list[str]:
    return [
        '<path d="M60 50V270H620" fill="none" stroke="#222"/>',
        f'<text x="55" y="55" text-anchor="end">{most:,.4g}</text>',
        '<text x="55" y="270" text-anchor="end">0</text>',
        f'<text x="10" y="38">{escape(unit)}</text>',
        f'<text x="620" y="286" text-anchor="end">{last:,.4g} s</text>',
    ]


def _page(parts: Iterable[str], height: int) -> str:
    body = "\n".join(parts)
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>\n{body}\n</svg>\n'
