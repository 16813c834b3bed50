"""A sketch of a figure: in a millisecond or two, as SVG, what takes matplotlib fifty to a hundred.

`turn` gives it to a drawing function in a figure's place. It knows what the lessons' instruments
draw with; whatever else it is asked for raises an error, and `turn` lets matplotlib draw.
"""

import base64
import io
import math
from html import escape
from itertools import accumulate

import numpy as np

from nnlib.plumbing.plots import COLOURS

DPI = 100
COLOUR = {"k": "#000", "w": "#fff", "C0": COLOURS[0], "C1": COLOURS[1]}
DASHES = {"-": "", "--": "7 4", ":": "2 3", "-.": "8 3 2 3"}
HATCH = (
    '<defs><pattern id="hatch" width="7" height="7" patternTransform="rotate(45)" '
    'patternUnits="userSpaceOnUse"><path d="M3 0V7" stroke="#000"/></pattern></defs>'
)


def new_figure(rows=1, columns=1, size=(6.4, 4.0), squeeze=True, **options):
    """Return a sketch and its panes, as `plots.new_figure` returns a figure and its axes."""
    figure = Sketch(rows, columns, size, **options)
    panes = np.array(figure.axes, dtype=object).reshape(rows, columns)
    if squeeze:
        panes = panes[0, 0] if panes.size == 1 else panes.squeeze()
    return figure, panes


class Sketch:
    """A figure of panes; its size in inches, as matplotlib has it."""

    def __init__(self, rows, columns, size, width_ratios=None, height_ratios=None, sharey=False):
        self.size, self.sharey = [DPI * side for side in size], sharey
        self.shape = [height_ratios or [1] * rows, width_ratios or [1] * columns]
        self.axes = [Pane() for _ in range(rows * columns)]

    def svg(self):
        """Return the picture as text."""
        width, height = self.size
        tops, lefts = ([s * v / sum(r) for v in accumulate(r, initial=0)]
                       for r, s in zip(self.shape, (height, width)))  # fmt: skip
        if self.sharey:
            low, high = np.transpose([pane.limits("y") for pane in self.axes])
            for k, pane in enumerate(self.axes):
                pane.options |= {"ylim": (low.min(), high.max()), "first": k == 0}
        parts = [
            pane.svg((lefts[k], tops[j], lefts[k + 1], tops[j + 1]), f"{j}-{k}")
            for (j, k), pane in zip(np.ndindex(len(tops) - 1, len(lefts) - 1), self.axes)
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="DejaVu Sans, sans-serif" '
            f'font-size="13.5"><rect width="100%" height="100%" fill="#fff"/>{HATCH}'
            f"{''.join(parts)}</svg>"
        )


class Pane:
    """What stands in for matplotlib's axes: methods of the same names, and a few of their options.

    Each adds a function to `marks`: given what turns data into pixels, it returns SVG.
    """

    def __init__(self):
        self.marks, self.named, self.legend_at, self.grid_alpha = [], [], None, 0
        self.options, self.data, self.image, self.shown = {}, {"x": [], "y": []}, False, True

    # ------------------------------------------------------------ what a drawing function calls

    def set(self, **options):
        """Note labels, limits, ticks and the title."""
        known = {f"{axis}{what}" for axis in "xy" for what in ("label", "lim", "ticks")}
        if unknown := set(options) - known - {"title"}:
            raise NotImplementedError(f"a sketch has no {unknown}")
        self.options |= options

    def set_title(self, title):
        """Note the title."""
        self.set(title=title)

    def axis(self, what):
        """Show the axes, or don't: "on" or "off"."""
        self.shown = {"on": True, "off": False}[what]

    def grid(self, alpha=1.0):
        """Draw lines at the ticks."""
        self.grid_alpha = alpha

    def legend(self, loc="upper right"):
        """Name what has a label."""
        self.legend_at = loc

    def bar(self, x, height, width=0.8, color=COLOURS[0], hatch="", label=None):
        """Draw bars from 0 upwards or downwards."""
        x, height = (np.atleast_1d(np.asarray(v, float)) for v in np.broadcast_arrays(x, height))
        self._see(np.append(x - width / 2, x.max() + width / 2), np.append(height, 0))

        def draw(at):
            inks = [color, "url(#hatch)"] if hatch else [color]
            return "".join(
                _box(*at(a - width / 2, max(h, 0)), *at(a + width / 2, min(h, 0)), f'fill="{ink}"')
                for a, h in zip(x, height)
                for ink in inks
            )

        key = "".join(f'<rect y="-9" width="24" height="9" fill="{ink}"/>' for ink in
                      ([color, "url(#hatch)"] if hatch else [color]))  # fmt: skip
        self._add(draw, label, key)

    def plot(
        self, x, y, look="", color=None, linestyle=None, marker=None, label=None, linewidth=1.5,
        markersize=6, alpha=1.0,
    ):  # fmt: skip
        """Draw a line, markers, or both; `look` as in "o--" or "sk"."""
        style = next((s for s in ("--", "-.", ":", "-") if s in look), None)
        rest = look.replace(style or "", "")
        shape = marker or next((m for m in "osxD^" if m in rest), "")
        ink = color or COLOUR.get(rest.replace(shape, ""), COLOURS[0])
        style = linestyle or style or ("" if shape else "-")
        x, y = (np.atleast_1d(np.asarray(v, float)) for v in (x, y))
        self._see(x, y)

        def draw(at):
            points = np.column_stack(at(x, y))
            return _line(points, ink, style, linewidth, alpha) + _markers(points, shape, ink, size)

        size = markersize * DPI / 144
        key = np.array([(0.0, -4.5), (24.0, -4.5)])
        key = _line(key, ink, style, linewidth, alpha) + _markers([(12, -4.5)], shape, ink, size)
        self._add(draw, label, key)

    def axvline(self, x, **options):
        """Draw an upright line from bottom to top."""
        self._across((x, x), None, **options)

    def axhline(self, y, **options):
        """Draw a line from left to right."""
        self._across(None, (y, y), **options)

    def text(self, x, y, words, ha="left", va="baseline", fontsize=10, color="#000"):
        """Write at a place."""
        down = {"baseline": 0, "bottom": -3, "center": 5, "top": 13}[va]

        def draw(at):
            a, b = at(x, y)
            return _text(
                a, b + down, words, ha, f'font-size="{1.35 * fontsize:.1f}" fill="{color}"'
            )

        self._add(draw)

    def imshow(
        self, image, cmap="viridis", vmin=None, vmax=None, extent=None, aspect="equal",
        interpolation="nearest",
    ):  # fmt: skip
        """Draw a matrix as pixels, its first line on top."""
        image = np.asarray(image, float)
        low = image.min() if vmin is None else vmin
        high = image.max() if vmax is None else vmax
        n, m = image.shape
        left, right, bottom, top = extent or (-0.5, m - 0.5, n - 0.5, -0.5)
        self.options = {"xlim": (left, right), "ylim": (bottom, top)} | self.options
        self.image = aspect == "equal"
        data = _png((image - low) / ((high - low) or 1), cmap)

        def draw(at):
            (x1, y1), (x2, y2) = at(left, top), at(right, bottom)
            return (
                f'<image x="{x1:.1f}" y="{y1:.1f}" width="{x2 - x1:.1f}" height="{y2 - y1:.1f}" '
                f'preserveAspectRatio="none" style="image-rendering:pixelated" href="{data}"/>'
            )

        self._add(draw)

    # ------------------------------------------------------------ how it becomes SVG

    def _add(self, draw, label=None, key=""):
        self.marks.append(draw)
        if label is not None:
            self.named.append((label, key))

    def _see(self, x, y):
        for axis, values in (("x", x), ("y", y)):
            values = values[np.isfinite(values)]
            self.data[axis] += [values.min(), values.max()] if len(values) else []

    def _across(self, x, y, color="#000", linestyle="-", linewidth=1.5, label=None, alpha=1.0):
        def draw(at):
            (left, right), (low, high) = self.limits("x"), self.limits("y")
            ends = np.column_stack(at(np.array(x or (left, right)), np.array(y or (low, high))))
            return _line(ends, color, linestyle, linewidth, alpha)

        key = _line([(0, -4.5), (24, -4.5)], color, linestyle, linewidth, alpha)
        self._add(draw, label, key)

    def limits(self, axis):
        """Return where an axis begins and ends."""
        low, high = self.options.get(f"{axis}lim", (None, None))
        seen = self.data[axis] or [0, 1]
        margin = 0.05 * (max(seen) - min(seen) or 1)
        return min(seen) - margin if low is None else low, (
            max(seen) + margin if high is None else high
        )

    def ticks(self, axis):
        """Return the values that an axis names."""
        if self.image and f"{axis}ticks" not in self.options:
            return []
        low, high = sorted(self.limits(axis))
        if f"{axis}ticks" in self.options:
            return [v for v in self.options[f"{axis}ticks"] if low <= v <= high]
        step = next(s * 10.0**k for k in range(-9, 12) for s in (1, 2, 5)
                    if (high - low) / (s * 10.0**k) <= 6)  # fmt: skip
        first = math.ceil(low / step - 1e-9)
        return [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]

    def svg(self, cell, name):
        """Return the pane within its cell: left, top, right, bottom in pixels."""
        o, first = self.options, self.options.get("first", True)
        x1, y1, x2, y2 = cell
        x1 += (26 if "ylabel" in o else 8) + (34 if self.ticks("y") and first else 0)
        y1 += 30 if o.get("title") else 10
        x2 -= 12
        y2 -= (24 if "xlabel" in o else 8) + (18 if self.ticks("x") else 0)
        (left, right), (low, high) = self.limits("x"), self.limits("y")
        if self.image:  # as wide as high, a pixel
            scale = min((x2 - x1) / abs(right - left), (y2 - y1) / abs(high - low))
            a, b = scale * abs(right - left) / 2, scale * abs(high - low) / 2
            (x1, x2), (y1, y2) = (((p + q) / 2 - d, (p + q) / 2 + d)
                                  for p, q, d in ((x1, x2, a), (y1, y2, b)))  # fmt: skip

        def at(x, y):
            return (
                x1 + (x - left) / (right - left) * (x2 - x1),
                y2 - (y - low) / (high - low) * (y2 - y1),
            )

        clip = f"clip{name}"
        marks = "".join(draw(at) for draw in self.marks)
        parts = [
            f'<clipPath id="{clip}">{_box(x1, y1, x2, y2, "")}</clipPath>',
            _text((x1 + x2) / 2, y1 - 10, o.get("title") or "", "center", 'font-size="16"'),
        ]
        if self.shown:
            parts += self._frame(at, (x1, y1, x2, y2), first)
        parts += [f'<g clip-path="url(#{clip})">{marks}</g>', self._legend(x1, y1, x2, y2)]
        return "".join(parts)

    def _frame(self, at, box, first):
        """Return frame, ticks, their values, and the axes' names."""
        x1, y1, x2, y2 = box
        o, low, left = self.options, self.limits("y")[0], self.limits("x")[0]
        parts = [_box(*box, 'fill="none" stroke="#000" stroke-width=".8"')]
        grid = f'stroke="#888" stroke-opacity="{self.grid_alpha}"'
        for value in self.ticks("x"):
            x = at(value, low)[0]
            parts.append(f'<path d="M{x:.1f} {y2:.1f}v4" stroke="#000"/>')
            parts.append(f'<path d="M{x:.1f} {y1:.1f}V{y2:.1f}" {grid}/>')
            parts.append(_text(x, y2 + 17, f"{value:g}", "center"))
        for value in self.ticks("y") if first else []:
            y = at(left, value)[1]
            parts.append(f'<path d="M{x1:.1f} {y:.1f}h-4" stroke="#000"/>')
            parts.append(f'<path d="M{x1:.1f} {y:.1f}H{x2:.1f}" {grid}/>')
            parts.append(_text(x1 - 7, y + 5, f"{value:g}", "right"))
        down = 34 if self.ticks("x") else 17
        parts.append(_text((x1 + x2) / 2, y2 + down, o.get("xlabel", ""), "center"))
        x, y = x1 - (46 if self.ticks("y") else 12), (y1 + y2) / 2
        turned = f'transform="rotate(-90 {x:.1f} {y:.1f})"'
        parts.append(_text(x, y, o.get("ylabel", ""), "center", turned))
        return parts

    def _legend(self, x1, y1, x2, y2):
        if self.legend_at is None or not self.named:
            return ""
        wide, high = 46 + 8 * max(len(label) for label, _ in self.named), 20 * len(self.named) + 8
        x = x1 + 8 if "left" in self.legend_at else x2 - wide - 8
        y = y2 - high - 8 if "lower" in self.legend_at else y1 + 8
        box = _box(x, y, x + wide, y + high, 'fill="#fff" fill-opacity=".8" stroke="#ccc" rx="3"')
        rows = [
            f'<g transform="translate({x + 8:.1f} {y + 19 + 20 * k:.1f})">{key}'
            f"{_text(32, 0, label)}</g>"
            for k, (label, key) in enumerate(self.named)
        ]
        return box + "".join(rows)


def _line(points, ink, style, width, alpha):
    if not style or style == "None":
        return ""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points if math.isfinite(x + y))
    return (
        f'<polyline points="{places}" fill="none" stroke="{COLOUR.get(ink, ink)}" '
        f'stroke-width="{1.35 * width:.1f}" stroke-dasharray="{DASHES[style]}" opacity="{alpha}"/>'
    )


def _markers(points, shape, ink, size):
    if not shape:
        return ""
    r = size
    outline = {
        "o": f"m-{r} 0a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 -{2 * r} 0",
        "s": f"m-{r} -{r}h{2 * r}v{2 * r}h-{2 * r}z",
        "D": f"m0 -{r}l{r} {r}l-{r} {r}l-{r} -{r}z",
        "^": f"m0 -{r}l{r} {2 * r}h-{2 * r}z",
        "x": f"m-{r} -{r}l{2 * r} {2 * r}m0 -{2 * r}l-{2 * r} {2 * r}",
    }[shape]
    d = "".join(f"M{x:.1f} {y:.1f}{outline}" for x, y in points if math.isfinite(x + y))
    ink = COLOUR.get(ink, ink)
    return f'<path d="{d}" fill="{ink}" stroke="{ink}" stroke-width="1.5"/>'


def _box(x1, y1, x2, y2, look):
    x, y, wide, high = min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" {look}/>'


def _text(x, y, words, ha="left", look=""):
    anchor = {"left": "start", "center": "middle", "right": "end"}[ha]
    lines = escape(str(words)).replace("-", "−" if str(words)[1:2].isdigit() else "-").split("\n")
    first = y - 16 * (len(lines) - 1)
    return "".join(
        f'<text x="{x:.1f}" y="{first + 16 * k:.1f}" text-anchor="{anchor}" {look}>{line}</text>'
        for k, line in enumerate(lines) if line
    )  # fmt: skip


def _png(shares, cmap):
    import matplotlib
    from PIL import Image

    pixels = matplotlib.colormaps[cmap](np.clip(shares, 0, 1), bytes=True)[..., :3]
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
