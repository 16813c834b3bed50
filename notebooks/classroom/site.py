"""The site: all pages as they are stored, with search, without any network.

Sphinx and myst-nb make it; nothing is run. MathJax is copied beside the pages, as for the slides.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from classroom import public, slides, source

SETTINGS = """
project = "A neural network from scratch"
author, language = "", "en"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
html_theme = "sphinx_book_theme"
html_theme_options = {"use_download_button": True, "show_toc_level": 1}
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = html_show_sourcelink = False
mathjax_path = "mathjax.js"
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type", "misc.highlighting_failure"]
"""
CSS = """
/* 88 letters of code fit; what is wider all the same scrolls by itself; in print nothing is cut. */
.bd-article pre { font-size: 12.5px; padding-left: 12px; padding-right: 6px; }
.bd-article table { display: block; overflow-x: auto; }
div.math, .output { overflow-x: auto; }
@media print {
  .bd-article pre { white-space: pre-wrap !important; overflow-wrap: anywhere; font-size: 11.4px; }
  .bd-article table { display: table; font-size: 80%; }
  .bd-article td, .bd-article code { white-space: normal !important; overflow-wrap: anywhere; }
  .bd-article img { max-width: 100% !important; height: auto !important; }
}
"""
SCRIPT = """
// The theme's search buttons say "Search Ctrl+K" and are named "Search": let them be what they say.
addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".search-button__button")) {
    button.removeAttribute("aria-label");
  }
});
"""


def contents(names):
    """Return the root page: the contents' page, and what stands in the list at the side."""
    listed = "\n".join(name for name in names if name != "00_contents")
    return (
        "# A neural network from scratch\n\n"
        "Begin with the [contents](00_contents.ipynb), or with [lesson 1](01_data_loading.ipynb). "
        "All pages are as they were run and stored; to change a number and run it again, "
        "install the project as its README says.\n\n"
        f"```{{toctree}}\n:hidden:\n\n00_contents\n{listed}\n```\n"
    )


def prepared(place, folder):
    """Fill a folder with what Sphinx reads: pages, settings, MathJax."""
    from classroom.student import without_dead_links

    pages = [p for p in sorted((folder / "notebooks").glob("*.ipynb")) if "-Copy" not in p.name]
    static = place / "_static"
    static.mkdir(parents=True)
    known, made = {f"notebooks/{path.name}" for path in pages}, public.release(folder)
    for path in pages:
        book = source.read(path)
        links = public.badges(made, path.name, pictures=False)
        if links and path.name not in public.ALONE:
            head = book["cells"][0]
            head["source"] = f"{source.text_of(head)}\n\nRun this page: {links}"
        for cell in book["cells"]:
            if cell["cell_type"] == "markdown":
                text = without_dead_links(source.text_of(cell), Path("notebooks"), known)
                cell["source"] = text
        (place / path.name).write_text(json.dumps(book), encoding="utf-8")
    (place / "index.md").write_text(contents([path.stem for path in pages]), encoding="utf-8")
    (place / "conf.py").write_text(SETTINGS, encoding="utf-8")
    (static / "site.css").write_text(CSS, encoding="utf-8")
    (static / "site.js").write_text(SCRIPT, encoding="utf-8")
    (static / "mathjax.js").write_bytes(slides.asset(*slides.ASSETS["mathjax.js"]))


def build(out, folder=source.ROOT):
    """Write the site into `out`/site; return the folder, or raise OSError with Sphinx's words."""
    for name in ("sphinx", "myst_nb", "sphinx_book_theme"):
        __import__(name)
    place = Path(out).resolve() / "site"
    with tempfile.TemporaryDirectory() as made:
        prepared(Path(made) / "pages", folder)
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", f"{made}/trees"]
        done = subprocess.run(
            [*command, f"{made}/pages", f"{made}/html"],
            capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        told = [line for line in done.stderr.splitlines() if re.search("WARNING|ERROR", line)]
        if done.returncode != 0 or told:
            raise OSError(f"Sphinx: {(told or done.stderr.splitlines() or ['?'])[-1][-250:]}")
        shutil.copytree(f"{made}/html", place, dirs_exist_ok=True)  # Sphinx writes beside it, too
    return place
