"""The picture of the learning-rate lab: curves as SVG, and beneath them a table as HTML.

Text and frames take the page's own colour (currentColor), so that a dark theme inverts them. The
lines' colours have a contrast of 3:1 on white and on black; dashes and numbers tell them apart too.
A picture is drawn several times a second, so what has not changed is taken from a cache.
"""

import math
from functools import lru_cache
from html import escape

import numpy as np

from nnlib.plumbing.lines import (
    COLOURS,
    Scale,
    differing,
    labels,
    look,
    loss_top,
    spoken,
    spoken_names,
)

WIDTH, HEIGHT, LEFT, TOP = 260, 165, 36, 22  # of a panel
RIGHT, BOTTOM = LEFT + WIDTH, TOP + HEIGHT
INKS = (*COLOURS[:-1], "currentColor")
DASHES = ("", "7 3", "8 3 2 3", "2 3")
PANELS = {
    "loss": "training loss (nats)",
    "valid_accuracy": "validation accuracy",  # or, where nothing is validated, the one in training
    "gradient": "size of the gradient, by tens",
}
HEADS = ("run", "line", "what differs", "loss", "accuracy", "gradient", "alive", "ended")
CELL = "padding:0 12px 0 0;text-align:left;border:none"
MOST_POINTS = 100  # of a curve: more can't be seen
MOST_SQUARES = 100


def picture(lines, newest, alive):
    """Return three panels of SVG, side by side where there is room, and the hidden units' squares.

    Parameters
    ----------
    lines : list of Line; the newest one is drawn bold and last
    newest : one of them
    alive : booleans, one a hidden unit of the newest, or None
    """
    scale, ordered = Scale.of(lines), sorted(lines, key=lambda line: line is newest)
    columns = list(PANELS)
    if lines and not any(line.validated for line in lines):
        columns[1] = "train_accuracy"
    panels = [panel(column, axis(column, lines), scale, ordered) for column in columns]
    words = escape(spoken(lines, names_in_words(key(lines))))
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr))"
    return (
        f'<div role="img" aria-label="{words}" style="max-width:1400px">'
        f'<div style="{grid}">{"".join(panels)}</div>{squares(alive)}</div>'
    )


def table(lines, newest, progress=""):
    """Return the legend as a table: number, sample of the line, what differs, where it stands.

    Parameters
    ----------
    lines, newest : as in `picture`
    progress : text for the newest while it runs
    """
    if not lines:
        return ""
    heads = "".join(f'<th scope="col" style="{CELL}">{head}</th>' for head in HEADS)
    names, rows = names_of(key(lines)), []
    for line in lines:
        bold = line is newest
        ended = line.ended() + (", run again: the same" if bold and line.again else "")
        rows.append(row(line, records(line), names[line.number], bold, bold and progress or ended))
    body = "".join(f'<tr style="background:none">{cells}</tr>' for cells in [heads, *rows])
    return (
        f'<table style="border:none;border-collapse:collapse;line-height:1.35">{body}</table>'
        f"<div>{fairness(key(lines))}</div>"
    )


# ---------------------------------------------------------------- panels


def panel(column, height, scale, lines):
    """Return a panel: frame, ticks, curves, and the numbers of the runs at its right.

    Parameters
    ----------
    column : of the records
    height : Height, its upright axis
    scale : Scale, its axis of epochs
    lines : list of Line, the newest one last
    """
    title = PANELS.get(column, "training accuracy")
    parts, ends = [frame(title, height, scale)], {}
    for line in lines:
        bold = line is lines[-1]
        text, ends[line.number] = curve(line, records(line), column, height, scale, bold)
        parts.append(text)
    for number, y in spread(ends).items():
        parts.append(text_at(RIGHT + 4, y + 4, number, bold=number == lines[-1].number))
    return f"{svg(RIGHT + 16, BOTTOM + 32, 'flex:1 1 270px;max-width:440px')}{''.join(parts)}</svg>"


def svg(width, height, style):
    """Return the beginning of a picture in the page's own colour."""
    return (
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true" style="{style}" '
        'font-size="12" fill="currentColor">'
    )


class Height:
    """An upright axis: `of(value)` is the share of the panel's height, `ticks` are its values."""

    def __init__(self, low, high, tens=False):
        self.low, self.high, self.tens = low, high, tens

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __hash__(self):
        return hash((self.low, self.high, self.tens))

    def of(self, value):
        """Return the share, a little above 1 for what leaves the panel."""
        if self.tens:
            value = math.log10(value) if value > 0 else self.low
        if not math.isfinite(value):
            return 1.02
        return min(max((value - self.low) / (self.high - self.low), 0), 1.02)

    def ticks(self):
        """Return a few values to be named beside the axis."""
        steps = (s * 10.0**k for k in range(-3, 9) for s in (1, 2, 5))
        if self.tens:
            step = max(1, round((self.high - self.low) / 4))
            return [10.0**k for k in range(self.low, self.high + 1, step)]
        step = next(s for s in steps if self.high <= 5 * s)
        return [k * step for k in range(6) if k * step <= self.high]


def axis(column, lines):
    """Return the upright axis of a column."""
    if "accuracy" in column:
        return Height(0, 1)
    if column == "loss":
        return Height(0, loss_top(lines))
    sizes = [size for line in lines for size in gradient_range(line, records(line))] or [0.1, 1]
    low = max(math.floor(math.log10(min(sizes))), -6)
    return Height(low, min(max(math.ceil(math.log10(max(sizes))), low + 1), low + 12), tens=True)


@lru_cache(maxsize=256)
def gradient_range(line, records):
    """Return the smallest and the largest size of a line's gradient, where there is any."""
    sizes = [row.get("gradient", 0) for history in line.histories for row in history.rows]
    sizes = [size for size in sizes if 0 < size < math.inf]
    return (min(sizes), max(sizes)) if sizes else ()


@lru_cache(maxsize=16)
def frame(title, height, scale):
    """Return what stands still in a panel: frame, ticks and their values, the axes' names."""
    parts = [
        text_at(LEFT, TOP - 7, title),
        f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
        'stroke="currentColor" stroke-opacity=".6"/>',
        text_at((LEFT + RIGHT) / 2, BOTTOM + 28, scale, "middle"),
    ]
    for value in height.ticks():
        y = BOTTOM - HEIGHT * height.of(value)
        parts += [rule(LEFT, y, RIGHT, y), text_at(LEFT - 4, y + 4, f"{value:g}", "end")]
    for epoch in scale.ticks():
        parts.append(text_at(place(scale, epoch), BOTTOM + 14, f"{epoch:g}", "middle"))
    if scale.bent:
        x = place(scale, scale.near)
        parts.append(rule(x, TOP, x, BOTTOM, 'stroke-dasharray="2 3"'))
    return "".join(parts)


def place(scale, epoch):
    """Return where an epoch lies in a panel."""
    return LEFT + WIDTH * scale.share(epoch)


@lru_cache(maxsize=256)
def curve(line, records, column, height, scale, bold):
    """Return a curve, with its band where it is a mean, and the y at which it ends, or None."""
    epochs, *parts = line.curve(column)
    keep = np.arange(len(epochs))
    if len(keep) > MOST_POINTS:
        keep = np.linspace(0, len(epochs) - 1, MOST_POINTS).astype(int)
    if column != "loss":  # a loss that is no number is drawn, above the panel
        keep = keep[np.isfinite(parts[0][keep])]
    if not len(keep):
        return "", None
    x = [place(scale, epoch) for epoch in epochs[keep].tolist()]

    def y(part):
        return [BOTTOM - HEIGHT * height.of(value) for value in part[keep].tolist()]

    mean, (ink, dash) = y(parts[0]), ink_and_dash(line)
    text = f'<polyline points="{points(x, mean)}" fill="none" {stroke(ink, dash, bold)}/>'
    if line.ended() == "diverged":
        text += text_at(x[-1], mean[-1] + 4, "✕", "middle")
    if len(line.histories) > 1:
        outline = f"{points(x, y(parts[1]))} {points(x[::-1], y(parts[2])[::-1])}"
        text = f'<polygon points="{outline}" fill="{ink}" fill-opacity=".2"/>{text}'
    return text, mean[-1]


def spread(ends, apart=12):
    """Return {number: y}: where each number can be read, near its curve's end."""
    heights, last = {}, -math.inf
    ends = {number: y for number, y in ends.items() if y is not None}
    for number in sorted(ends, key=ends.get):
        last = heights[number] = max(ends[number], last + apart)
    too_low = max(0, last - BOTTOM)
    return {number: y - too_low for number, y in heights.items()}


def squares(alive):
    """Return a row of squares, one a hidden unit: full is alive, empty with a cross is dead."""
    if alive is None:
        return ""
    size = 11 if len(alive) <= 50 else 5
    shown = alive[:MOST_SQUARES]
    parts = [svg(15 + 1.25 * size * len(shown), 13, "height:13px;vertical-align:-2px")]
    for k, lives in enumerate(shown):
        x = 10 + 1.25 * size * k
        frame = f'x="{x}" y="1" width="{size}" height="{size}" stroke="currentColor"'
        parts.append(f'<rect {frame} fill="{"currentColor" if lives else "none"}"/>')
        if not lives:
            cross = f"M{x} 1l{size} {size}m0 -{size}l-{size} {size}"
            parts.append(f'<path d="{cross}" stroke="currentColor"/>')
    words = f"hidden units alive: {sum(alive)} of {len(alive)}"
    return f"<div>{words}{''.join(parts)}</svg></div>"


def points(x, y):
    """Return coordinates as SVG writes them."""
    return " ".join([f"{a:.1f},{b:.1f}" for a, b in zip(x, y)])


def ink_and_dash(line):
    """Return colour and dashes of a line."""
    colour, style, _ = look(line.number)
    return INKS[colour], DASHES[style]


def stroke(ink, dash, bold):
    """Return how a line looks; the newest is bold."""
    return f'stroke="{ink}" stroke-width="{3.5 if bold else 1.8}" stroke-dasharray="{dash}"'


def text_at(x, y, text, anchor="start", bold=False):
    """Return a text of the SVG."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{text}</text>'


def rule(x1, y1, x2, y2, look='stroke-opacity=".15"'):
    """Return a thin line."""
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {place} stroke="currentColor" {look}/>'


# ---------------------------------------------------------------- words


def records(line):
    """Return how far a line has come: what is drawn of it holds until this changes."""
    return tuple(len(history.rows) for history in line.histories)


def key(lines):
    """Return what the names of lines depend on: which they are, and of how many seeds."""
    return tuple((line, len(line.histories)) for line in lines)


@lru_cache(maxsize=8)
def names_of(key):
    """Return {number: what differs}, of some lines."""
    return labels([line for line, _ in key])


@lru_cache(maxsize=8)
def names_in_words(key):
    """Return {number: name}, as the picture's description names the lines."""
    return spoken_names([line for line, _ in key])


@lru_cache(maxsize=8)
def fairness(key):
    """Say whether runs began with the same weights and saw the same batches."""
    lines, apart = [line for line, _ in key], []
    names = {"sizes": "hidden units", "init": "first weights' kind", "batch_size": "batch size"}
    for what, settings in (
        ("first weights", ("sizes", "init", "seed")),
        ("batches", ("batch_size", "seed")),
    ):
        if found := [names.get(name, name) for name in differing(lines) if name in settings]:
            apart.append(f"not all have the same {what} ({', '.join(found)})")
    if len(lines) < 2:
        return ""
    same = "All runs begin with the same weights and see the same batches."
    return f"Compare with care: {'; '.join(apart)}." if apart else same


@lru_cache(maxsize=64)
def row(line, records, name, bold, ended):
    """Return a line's row of the table."""
    ink, dash = ink_and_dash(line)
    sample = (
        '<svg width="36" height="8" aria-hidden="true"><line x1="0" y1="4" x2="36" y2="4" '
        f"{stroke(ink, dash, bold)}/></svg>"
    )
    cells = [
        sample, escape(name), f"{line.last('loss'):.4g}", line.reached(),
        number(line.last("gradient")), number(line.last("alive")), ended,
    ]  # fmt: skip
    style = f"{CELL};font-weight:{'bold' if bold else 'normal'}"
    cells = "".join(f'<td style="{style}">{cell}</td>' for cell in cells)
    return f'<th scope="row" style="{style}">{line.number}</th>{cells}'


def number(value):
    """Return a number in three digits, a dash where there is none."""
    return f"{value:.3g}" if math.isfinite(value) else "–"
