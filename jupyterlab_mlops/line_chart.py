"""Curves as a picture in SVG, which needs no script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from .types import Curve

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 28
COLORS = 6
"""Colours of the page's style: `--line0` and so on."""
DASHES = ("none", "6 3", "2 2", "8 3 2 3", "12 4")
_TICKS = 5

Point = tuple[float, float]


def line_chart(title: str, curves: Sequence[tuple[str, Curve]]) -> Markup:
    """Draw named curves over their steps; those after the sixth differ by their dashes.

    Returns
    -------
    Markup
        An SVG element, and the names of the lines; none of it without a finite value.
    """
    xs = [float(step) for _, curve in curves for step in curve.steps]
    ys = [value for _, curve in curves for value in curve.values if _is_finite(value)]
    if not xs or not ys:
        return Markup("")
    x_axis, y_axis = _Axis(min(xs), max(xs)), _Axis(min(ys), max(ys))
    lines = Markup("").join(
        Markup('<path class="curve" style="{}" d="{}"/>').format(
            _look(place), _path(curve, x_axis, y_axis)
        )
        for place, (_, curve) in enumerate(curves)
    )
    names = Markup("").join(
        Markup('<li><svg width="24" height="8"><path class="curve" style="{}" d="M0 4H24"/></svg>'
               " {}</li>").format(_look(place), name)
        for place, (name, _) in enumerate(curves)
    )  # fmt: skip
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>'
        '<ul class="legend">{}</ul>'
    ).format(WIDTH, HEIGHT, title, _horizontal(y_axis), _vertical(x_axis), lines, names)


class _Axis:
    """Numbers from the lowest to the highest, with round ones between them."""

    def __init__(self, low: float, high: float) -> None:
        if high <= low:
            margin = abs(low) / 2 or 1.0
            low, high = low - margin, high + margin
        self.low, self.high = low, high

    def place(self, value: float) -> float:
        """Give a number's place between 0 and 1."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Give a few round numbers: 1, 2 or 5 times a power of ten apart."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def _x(axis: _Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: _Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _look(place: int) -> str:
    dash = DASHES[(place + place // COLORS) % len(DASHES)]
    return f"stroke: var(--line{place % COLORS}); stroke-dasharray: {dash}"


def _horizontal(axis: _Axis) -> Markup:
    return Markup("").join(
        Markup('<path class="grid" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}" class="end">{:.6g}'
               "</text>").format(LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, tick)
        for tick in axis.ticks()
        for y in [_y(axis, tick)]
    )  # fmt: skip


def _vertical(axis: _Axis) -> Markup:
    return Markup("").join(
        Markup('<text x="{:.1f}" y="{}" class="mid">{:.6g}</text>').format(
            _x(axis, tick), HEIGHT - 8, tick
        )
        for tick in axis.ticks()
    )


def _path(curve: Curve, x_axis: _Axis, y_axis: _Axis) -> str:
    parts: list[str] = []
    for part in _unbroken(curve):
        points = [f"{_x(x_axis, x):.1f} {_y(y_axis, y):.1f}" for x, y in part]
        # A point alone is a dot: a line of no length with round ends.
        parts.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return "".join(parts)


def _unbroken(curve: Curve) -> Iterator[list[Point]]:
    """Give the parts of a curve between values that are no numbers."""
    part: list[Point] = []
    for step, value in zip(curve.steps, curve.values, strict=True):
        if _is_finite(value):
            part.append((step, value))
        elif part:
            yield part
            part = []
    if part:
        yield part


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
