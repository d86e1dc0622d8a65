"""What is drawn rather than set: the round seal, the rosette behind certificates, QR codes. SVG as text."""

import io
import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

import segno

from licences.pdf.glyphs import legible

RED = "#c8161d"
_CENTRE = 210.0  # a seal is 42 mm across (国发〔1999〕25号 for departments of a city), drawn in tenths of a millimetre


def seal_svg(name: str, code: str) -> str:
    """Return the seal of a body: star, its name along the upper arc, 电子印章, its unified code along the lower arc."""
    name, code = legible(name)[0], legible(code)[0]
    parts = [
        f'<circle cx="{_CENTRE:g}" cy="{_CENTRE:g}" r="203" fill="none" stroke="{RED}" stroke-width="12"/>',
        f'<path d="{_star(_CENTRE, 196, 66)}" fill="{RED}"/>',
        *_along_arc(name, radius=144, size=52, step=27, span=236, lower=False),
        f'<text x="{_CENTRE:g}" y="308" text-anchor="middle" font-size="32" letter-spacing="6">电子印章</text>',
        *_along_arc(code, radius=184, size=21, step=5, span=96, lower=True),
    ]
    # The red is a little translucent, as ink is: what it is stamped over stays readable.
    opening = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 420" opacity="0.86" '
        f'font-family="Noto Sans CJK SC" fill="{RED}" stroke="none">'
    )
    return f"{opening}{''.join(parts)}</svg>"


def _along_arc(text: str, *, radius: float, size: float, step: float, span: float, lower: bool) -> Iterator[str]:
    """Yield each character upright on its place of the arc; long texts become narrower, as on real seals."""
    step = min(step, span / max(len(text) - 1, 1))
    breadth = min(1.0, math.radians(step) * (radius + size * 0.4) * 0.94 / size) if not lower else 1.0
    sign = -1 if lower else 1
    for number, character in enumerate(text):
        angle = sign * (number - (len(text) - 1) / 2) * step
        baseline = _CENTRE - sign * radius
        yield (
            f'<g transform="rotate({angle:.2f} {_CENTRE:g} {_CENTRE:g}) translate({_CENTRE:g} {baseline:g}) '
            f'scale({breadth:.3f} 1)"><text text-anchor="middle" font-size="{size:g}">{escape(character)}</text></g>'
        )


def _star(x: float, y: float, radius: float) -> str:
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    turns = ((math.radians(36 * corner), inner if corner % 2 else radius) for corner in range(10))
    points = [f"{x + r * math.sin(angle):.2f} {y - r * math.cos(angle):.2f}" for angle, r in turns]
    return f"M{'L'.join(points)}Z"


def rosette_svg(colour: str) -> str:
    """Return two rings woven of fine lines (a guilloche), as certificates carry them behind their text."""
    rings = ((430.0, 60.0, 24), (265.0, 75.0, 16))
    curves = (_wave(*ring, phase) for ring in rings for phase in range(0, 360, 60))
    paths = "".join(f'<path d="{curve}"/>' for curve in curves)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000" fill="none" '
        f'stroke="{colour}" stroke-opacity="0.15" stroke-width="1.2">{paths}</svg>'
    )


def _wave(radius: float, swing: float, count: int, phase: int) -> str:
    """Return a closed curve that swings `count` times around a circle."""
    samples = count * 12
    points = []
    for number in range(samples):
        angle = 2 * math.pi * number / samples
        r = radius + swing * math.cos(count * angle + math.radians(phase))
        points.append(f"{500 + r * math.sin(angle):.0f} {500 - r * math.cos(angle):.0f}")
    return f"M{'L'.join(points)}Z"


def qr_svg(text: str) -> tuple[str, int]:
    """Return a QR code (error correction M at least, its quiet zone included) and how many modules wide it is."""
    code = segno.make(text, error="m", micro=False)
    border = 4
    svg = io.BytesIO()
    code.save(svg, kind="svg", border=border, light="white", omitsize=True, xmldecl=False, nl=False)
    return svg.getvalue().decode(), int(code.symbol_size(border=border)[0])
