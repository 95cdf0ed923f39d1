"""Plots as SVG text: bars and lines are all that a benchmark page needs, so no library is."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

WIDTH: Final = 760
_LABEL: Final = 175
_ROW: Final = 24
_COLOURS: Final = ("#0b6e4f", "#8a6d3b", "#3b6d8a", "#8a3b5e", "#555555")


def bars(panels: Mapping[str, Mapping[str, float]], ours: str) -> str:
    """One panel below another: its title, then a bar for each name. Each panel has its own scale, from zero.

    ours: what the names begin with whose bars stand out.
    """
    parts, top = [], 10
    for title, values in panels.items():
        parts.append(f'<text x="10" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += _ROW
        most = max(values.values(), default=0) or 1
        for name, value in values.items():
            length = (WIDTH - _LABEL - 110) * value / most
            colour = _COLOURS[0 if name.startswith(ours) else 1]
            parts.append(f'<text x="{_LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{_LABEL}" y="{top + 2}" width="{length:.1f}" height="16" fill="{colour}"/>')
            parts.append(f'<text x="{_LABEL + length + 6:.1f}" y="{top + 14}">{value:,.4g}</text>')
            top += _ROW
        top += 12
    return _svg(parts, top)


def curves(title: str, lines: Mapping[str, Sequence[tuple[float, float]]], *, x: str, y: str) -> str:
    """Lines through (x, y), both axes logarithmic."""
    points = [point for line in lines.values() for point in line]
    left, right = (pick(math.log10(at) for at, _ in points) for pick in (min, max))
    low, high = (edge(math.log10(value) for _, value in points) for edge in (min, max))
    low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)

    def place(at: float, value: float) -> tuple[float, float]:
        across = (math.log10(at) - left) / ((right - left) or 1)
        return 70 + across * (WIDTH - 240), 330 - (math.log10(value) - low) / (high - low) * 270

    parts = [f'<text x="10" y="24" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        height = place(points[0][0], 10.0**power)[1]
        parts.append(f'<line x1="70" x2="{WIDTH - 170}" y1="{height:.1f}" y2="{height:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="62" y="{height + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    marks = sorted({at for at, _ in points})
    parts += [f'<text x="{place(at, 1)[0]:.1f}" y="350" text-anchor="middle">{at:,.0f}</text>' for at in marks]
    heights = _apart({name: place(*line[-1])[1] for name, line in lines.items()})
    for number, (name, line) in enumerate(lines.items()):
        colour, its = _COLOURS[number % len(_COLOURS)], [place(*point) for point in line]
        path = " ".join(f"{across:.1f},{height:.1f}" for across, height in its)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{its[-1][0] + 8:.1f}" y="{heights[name] + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    parts.append(f'<text x="{WIDTH / 2 - 50}" y="374" text-anchor="middle">{escape(x)}</text>')
    parts.append(f'<text x="10" y="46">{escape(y)}</text>')
    return _svg(parts, 390)


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Where each label stands, so that none covers another."""
    placed: dict[str, float] = {}
    free = 0.0
    for name, height in sorted(heights.items(), key=lambda it: it[1]):
        placed[name] = max(height, free)
        free = placed[name] + 15
    return placed


def _svg(parts: Sequence[str], height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *parts, "</svg>", ""])
