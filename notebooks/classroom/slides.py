"""Slides: for each section what it says, its equations, the code that matters, its figures.

Nothing is fetched when they are shown: reveal.js comes from the package sphinx-revealjs, MathJax
from sphinx-mathjax-offline, and both are copied beside the slides. All prose goes into the notes,
which reveal.js shows on the speaker's screen (press S).
"""

import base64
import html
import importlib.metadata
import re
import struct
from pathlib import Path

from nbconvert.filters import markdown2html
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from classroom import source
from nnlib.plumbing.writing import written_whole

ASSETS = {  # what the slides load: (the package that carries it, its path there)
    "reveal.js": ("sphinx-revealjs", "revealjs/dist/reveal.js"),
    "reveal.css": ("sphinx-revealjs", "revealjs/dist/reveal.css"),
    "notes.js": ("sphinx-revealjs", "revealjs/plugin/notes/notes.js"),
    "mathjax.js": ("sphinx-mathjax-offline", "static/mathjax/tex-svg-full.js"),
}
ROOM = 590  # pixels below a slide's title, of 720
WIDTH, TALLEST = 1168, 500  # of a figure, in pixels
NEARLY = 1.12  # of a slide: what is a little too much is made a little smaller
LARGEST = 1.8  # times its own size
HEIGHTS = {"p": 37, "li": 45, "$$": 92, "row": 52, "code": 24.4, "out": 23.2}  # a line of each
LETTERS = {"p": 76, "code": 92}  # in a line
LINES = 25  # of code and of what it printed, on one slide
SETUP = "Set up"


def lead(text, letters=330):
    """Return the first sentences of a text, as many as fit; at least one."""
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z`$*])", text.strip())
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > letters:
            break
        kept += f" {sentence}"
    return kept


def paragraphs(text):
    """Return a text's blocks between blank lines, without folded answers and stops."""
    text = re.sub(r"(?s)<details>.*?</details>", "", text).replace(source.STOP, "")
    return [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]


def is_prose(block):
    """Return whether a block is neither an equation, a table, a list, code nor a heading."""
    return not re.match(r"\$\$|\||- |\d+\. |```|#", block)


# ---------------------------------------------------------------- blocks: (HTML, height in pixels)


def prose(text):
    """Return a paragraph."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return markdown2html(text), HEIGHTS["p"] * (1 + len(text) // LETTERS["p"]) + 14


def equation(text):
    """Return an equation of its own line."""
    tall = 1 + 0.4 * len(re.findall(r"\\\\|\\begin", text))
    return f"<p>{html.escape(text.strip(), quote=False)}</p>", HEIGHTS["$$"] * tall


def table(text):
    """Return a table."""
    rows = len(text.strip().splitlines()) - 1
    long = sum(len(line) > 105 for line in text.splitlines())
    return markdown2html(text), HEIGHTS["row"] * (rows + 0.8 * long) + 20


def bullets(text):
    """Return a list."""
    lines = sum(1 + len(line) // LETTERS["p"] for line in text.splitlines())
    return markdown2html(text), HEIGHTS["li"] * lines + 14


def code(text):
    """Return code, coloured and never broken by the slide."""
    marked = highlight(text, PythonLexer(), HtmlFormatter(nowrap=True))
    lines = len(text.strip().splitlines())
    return f"<pre><code>{marked.strip()}</code></pre>", HEIGHTS["code"] * lines + 30


def output(text):
    """Return what a cell printed."""
    lines = sum(1 + len(line) // 100 for line in text.strip().splitlines())
    return f'<pre class="out">{html.escape(text.rstrip())}</pre>', HEIGHTS["out"] * lines + 18


def picture(data, words, room):
    """Return a figure as large as the room allows, with its words for who doesn't see it."""
    data = "".join(data).replace("\n", "")
    width, height = struct.unpack(">II", base64.b64decode(data)[16:24])  # a PNG begins with them
    scale = min(WIDTH / width, min(room, TALLEST) / height, LARGEST)
    width, height = round(scale * width), round(scale * height)
    said = html.escape(words, quote=True)
    size = f'width="{width}" height="{height}"'
    return f'<img {size} src="data:image/png;base64,{data}" alt="{said}">', height + 14


# ---------------------------------------------------------------- a section's slides


def said_before(parts, i, letters=210):
    """Return the last sentence of the prose before a cell."""
    for part in reversed(parts[:i]):
        if part.kind == "markdown":
            blocks = [b for b in paragraphs(part.text) if is_prose(b)]
            if not blocks:
                return ""
            sentences = re.split(r"(?<=[.?!:])\s+(?=[A-Z`$*])", blocks[-1].strip())
            return sentences[-1] if len(sentences[-1]) <= letters else lead(blocks[-1], letters)
        if part.outputs:
            return ""
    return ""


def said_after(parts, i, letters=210):
    """Return the first sentences of the prose after a cell."""
    for part in parts[i + 1 :]:
        blocks = [b for b in paragraphs(part.text) if is_prose(b)] if part.kind != "code" else []
        return lead(blocks[0], letters) if blocks else ""
    return ""


def short(part):
    """Return whether a cell's code and what it printed fit beside a sentence."""
    lines = part.text.strip().count("\n") + 1
    return lines + source.printed(part).strip().count("\n") <= LINES


def that_matter(parts):
    """Return the places of the code cells to show, and of the figures.

    What becomes the library's is shown; where nothing does, the longest cell that fits, and the
    first that prints.
    """
    drawn = [i for i, part in enumerate(parts) if part.kind == "code" and source.pictures(part)]
    cells = [i for i, part in enumerate(parts) if part.kind == "code" and i not in drawn]
    ours = [i for i in cells if "nnlib" in parts[i].tags]
    fits = [i for i in cells if short(parts[i]) and not is_rich(parts[i])]
    printing = [i for i in fits if source.printed(parts[i]).strip()]
    longest = sorted(fits, key=lambda i: -len(parts[i].text.splitlines()))
    return sorted(ours or {*longest[:1], *printing[:1]}), drawn


def is_rich(part):
    """Return whether a cell shows a table or a widget, of which the plain text is no picture."""
    return any(key != "text/plain" for o in part.outputs for key in o.get("data", {}))


def groups_of(section):
    """Yield lists of blocks that belong together on one slide."""
    parts = section.parts
    blocks = [b for part in parts if part.kind == "markdown" for b in paragraphs(part.text)]
    first = next((b for b in blocks if is_prose(b)), "")
    opening = [prose(lead(first))] if first else []
    shown, drawn = that_matter(parts)
    if any(b.startswith(("$$", "|")) for b in blocks) or min([*shown, *drawn], default=0) in shown:
        yield opening
        opening = []
    for block in blocks:
        if block.startswith("$$"):
            yield [equation(block)]
        elif block.startswith("|"):
            yield [table(block)]
    for i in sorted({*shown, *drawn}):
        if i in drawn:
            words = said_after(parts, i) or said_before(parts, i)
            below = [prose(words)] if words else []
            room = ROOM - sum(height for _, height in opening + below) - 14
            for data, said in source.pictures(parts[i]):
                yield [*opening, picture(data, said, room), *below]
            opening = []
            continue
        before = said_before(parts, i)
        printed = source.printed(parts[i])
        yield [
            *([prose(before)] if before and before not in lead(first) else []),
            code(parts[i].text),
            *([output(printed)] if printed.strip() and short(parts[i]) else []),
        ]


def packed(groups):
    """Return slides: lists of blocks that fit, groups kept whole where they can be."""
    slides, left = [], 0
    for group in groups:
        if sum(height for _, height in group) > ROOM and "<p>" in group[0][0]:
            group = group[1:]  # code of a whole slide goes without a sentence before it
        need = sum(height for _, height in group)
        if need > left:
            slides.append([])
            left = ROOM
        for block in group:
            if block[1] > left and slides[-1] and need > NEARLY * ROOM:
                slides.append([])
                left = ROOM
            slides[-1].append(block)
            left -= block[1]
    return [slide for slide in slides if slide]


def slide(title, blocks, foot, notes="", small=""):
    """Return a slide as HTML."""
    head = f"<h2>{title}{f' <small>{small}</small>' if small else ''}</h2>"
    body = "\n".join(text for text, _ in blocks)
    aside = f'<aside class="notes">{notes}</aside>' if notes else ""
    return (
        f'<section><div class="fit">{head}\n{body}</div>\n'
        f'<div class="foot">{foot}</div>{aside}</section>'
    )


def stack(section, foot):
    """Return a section's slides, one below the other."""
    name = f"{section.number}. {section.title}" if section.number else section.title
    title = re.sub(
        r"</?p>|<li>|</?ol[^>]*>", "", markdown2html(name.replace(". ", "\\. ", 1))
    ).strip()
    spoken = "\n\n".join(
        b for p in section.parts if p.kind == "markdown" for b in paragraphs(p.text) if is_prose(b)
    )
    made = []
    for k, blocks in enumerate(packed(groups_of(section))):
        small = f"{section.minutes} min" if k == 0 else "continued"
        made.append(slide(title, blocks, foot, markdown2html(spoken) if k == 0 else "", small))
    return f"<section>{''.join(made)}</section>"


def frame(lesson, heading):
    """Return the list under a heading of the page, like "What you have now", as Markdown."""
    text = "\n\n".join(source.text_of(c) for c in lesson.cells if c["cell_type"] == "markdown")
    found = re.search(rf"(?m)^(?:## |\*\*){re.escape(heading)}(?:\*\*)?\s*\n((?:- .*\n?)+)",
                      re.sub(r"(?m)^(## .*)\n+", r"\1\n", text))  # fmt: skip
    return found[1] if found else ""


def deck(lesson):
    """Return a lesson's slides as one page of HTML."""
    name = source.name_of(lesson)
    foot = html.escape(f"{name} · {lesson.title}")
    first = (
        f"<section><h1>{foot}</h1><p>{lesson.reading} minutes of reading and running</p></section>"
    )
    made = [first]
    if learn := frame(lesson, "What you'll learn"):
        made.append(slide("What you'll learn", [bullets(learn)], foot))
    made += [stack(s, foot) for s in lesson.sections if s.title != SETUP]
    if have := frame(lesson, "What you have now"):
        made.append(slide("What you have now", [bullets(have)], foot))
    if lesson.tasks:
        rows = [
            f"| {t.number} | {t.kind}: {t.title} | {t.dots} | {t.minutes} |" for t in lesson.tasks
        ]
        text = "\n".join(["| | your turn | | min |", "|---|---|---|---|", *rows])
        made.append(slide("Your turn", [table(text)], foot))
    return PAGE.format(title=foot, slides="\n".join(made), setting=SETTING)


PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="assets/reveal.css"><link rel="stylesheet" href="assets/slides.css">
</head><body><div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="assets/reveal.js"></script><script src="assets/notes.js"></script>
<script>{setting}</script>
<script src="assets/mathjax.js"></script></body></html>
"""
SETTING = """
// A deck is 1280 x 720, whatever the screen. Where a machine's fonts are larger than ours, what a
// slide holds is made smaller until it fits.
function fit() {
  document.querySelectorAll(".fit").forEach(box => {
    const hidden = [];
    for (let up = box.parentElement; up && up.tagName === "SECTION"; up = up.parentElement) {
      hidden.push([up, up.style.display]); up.style.display = "block";
    }
    box.style.zoom = 1;
    const most = 652, needed = Math.max(box.scrollHeight / most, box.scrollWidth / 1168);
    if (needed > 1) box.style.zoom = 1 / needed;
    hidden.forEach(([up, before]) => { up.style.display = before; });
  });
}
MathJax = {
  tex: {inlineMath: [["$", "$"]], displayMath: [["$$", "$$"]]},
  options: {enableMenu: false, skipHtmlTags: ["script", "style", "pre", "code"]},
  startup: {ready() {
    MathJax.startup.defaultReady();
    MathJax.startup.promise.then(() => Reveal.initialize({
      width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none",
      slideNumber: "c/t", plugins: [RevealNotes], display: "block"
    })).then(() => { fit(); document.body.dataset.ready = "yes"; });
  }}
};
"""


def asset(package, path):
    """Return the bytes of a file that an installed package carries."""
    try:
        files = importlib.metadata.files(package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package) from None
    found = next((file for file in files if file.as_posix().endswith(path)), None)
    if found is None:
        raise ValueError(f"the package {package} carries no {path}: another version of it?")
    return found.locate().read_bytes()


def index(lessons):
    """Return the page that leads to the decks."""
    rows = "".join(
        f'<li><a href="{le.path.stem}.html">{source.name_of(le)} · {html.escape(le.title)}</a></li>'
        for le in lessons
    )
    return (
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Slides</title>'
        "<style>body { font: 20px/1.6 sans-serif; margin: 3em auto; max-width: 40em; }</style>"
        "</head><body><h1>Slides</h1><p>Arrow keys lead on, down through a section and right to "
        "the next; S opens the notes, F fills the screen, Esc shows all slides. To print a deck, "
        f"add <code>?print-pdf</code> to its address.</p><ul>{rows}</ul></body></html>\n"
    )


def build(out, only=(), folder=source.ROOT / "notebooks"):
    """Write the decks of all lessons, or of those named, into `out`/slides; return the folder."""
    place = Path(out) / "slides"
    (place / "assets").mkdir(parents=True, exist_ok=True)
    carried = {name: asset(*where) for name, where in ASSETS.items()}
    carried["slides.css"] = Path(__file__).with_suffix(".css").read_bytes()
    chosen = [le for le in source.lessons(folder) if not only or le.number in only]
    pages = {f"{le.path.stem}.html": deck(le).encode() for le in chosen}
    pages["index.html"] = index(chosen).encode()
    for name, data in ({f"assets/{n}": d for n, d in carried.items()} | pages).items():
        with written_whole(place / name) as file:
            file.write(data)
    return place
