"""Charts as geometry, drawn by templates as SVG without a style attribute. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
LEFT, RIGHT, TOP, BOTTOM = 44.0, 22.0, 12.0, 40.0  # room for the axes' labels
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart; `kind` chooses colour, dashes and the shape of its markers."""

    kind: str
    points: str
    markers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart to be drawn; all numbers are written out, so that no locale changes them."""

    width: int
    height: int
    left: str
    right: str
    top: str
    bottom: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


def chart(
    lines: Sequence[tuple[str, Sequence[Point]]],
    *,
    size: tuple[int, int],
    most: Point,
    ticks: tuple[Iterable[tuple[float, str]], Iterable[tuple[float, str]]],
    marked: bool = True,
) -> Chart:
    """Return a chart of `lines`, each a kind with its points; axes run from 0 to `most` (x, y), marked at `ticks`."""
    width, height = size
    across, down = width - LEFT - RIGHT, height - TOP - BOTTOM

    def place(point: Point) -> Point:
        return LEFT + across * point[0] / (most[0] or 1), TOP + down * (1 - point[1] / (most[1] or 1))

    x_ticks, y_ticks = ticks
    return Chart(
        width=width,
        height=height,
        left=_said(LEFT),
        right=_said(width - RIGHT),
        top=_said(TOP),
        bottom=_said(height - BOTTOM),
        x_ticks=tuple(Tick(_said(place((value, 0))[0]), label) for value, label in x_ticks),
        y_ticks=tuple(Tick(_said(place((0, value))[1]), label) for value, label in y_ticks),
        lines=tuple(_line(kind, [place(point) for point in points], marked=marked) for kind, points in lines),
    )


def round_ticks(most: float, about: int = 5) -> list[tuple[float, str]]:
    """Return round whole numbers from 0 up to `most` or just beyond it, about so many."""
    rough, scale = max(1, most / about), 1
    while rough > 10 * scale:
        scale *= 10
    step = next((n * scale for n in _STEPS if n * scale >= rough), 10 * scale)
    return [(value, str(value)) for value in range(0, int(most) + step, step)]


def marker(kind: str, x: float, y: float) -> str:
    """Return the path of a marker: a disc for the best, a square and a triangle for the orders compared with it."""
    if kind == "first":
        return f"M{_said(x - 4)} {_said(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"
    if kind == "second":
        return f"M{_said(x - 3.5)} {_said(y - 3.5)}h7v7h-7z"
    return f"M{_said(x)} {_said(y - 4.5)}l4.5 8h-9z"


def _line(kind: str, places: Sequence[Point], *, marked: bool) -> Line:
    points = " ".join(f"{_said(x)},{_said(y)}" for x, y in places)
    return Line(kind, points, tuple(marker(kind, x, y) for x, y in places) if marked else ())


def _said(number: float) -> str:
    return f"{number:.1f}"
