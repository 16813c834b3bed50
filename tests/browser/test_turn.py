"""`turn` in JupyterLab, Notebook 7 and Voilà, and each lesson's instruments in JupyterLab.

An instrument's notebook is run down to its last instrument; a handle is moved with the keyboard,
and a number is read from what the picture then says.
"""

import json
import re
import statistics
from pathlib import Path

import nbformat
import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytest.importorskip("anywidget", reason="the extra `live` is not installed")
pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
FOLDERS = ("drawings", "images", "results", "experiments")  # that a notebook may read from
SLOW = 120_000
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
CELL = """\
import matplotlib.pyplot as plt
import nnlib
from nnlib import plots

def draw(T=1.0, kind="square"):
    if T > 20:
        raise ValueError("too hot")
    figure, ax = plots.new_figure()
    ax.bar(range(10), [T**k for k in range(10)], hatch="//" if kind == "square" else "")
    ax.set(xlabel="k", ylabel="T to the k", ylim=(0, 1e9))
    plots.show(f"ten bars, the last {T**9:.3g}, of kind {kind}.")

nnlib.live.turn(draw, T=(0.1, 30), kind=["square", "round"])"""
LEFT = "print('figures left:', plt.get_fignums())"


def notebook(cells):
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


def run_all(page, site, name):
    """Open a notebook and run it all, where a reader has to."""
    token = f"?token={site.token}"
    url, lab = site.url, "jupyterlab" in site.process.args
    if lab:
        own = name.removesuffix(".ipynb")
        url = f"http://127.0.0.1:{site.port}/lab/workspaces/{own}/tree/{name}{token}"
    page.goto(url)
    if "voila" not in site.process.args:
        page.locator(".jp-CodeCell").first.wait_for(timeout=SLOW)
        site.wait_for_kernel(page)
        page.locator(IDLE).wait_for(timeout=SLOW)
        page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
        page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    page.locator(".nnlib-turn img").first.wait_for(timeout=SLOW)


class Turned:
    """An instrument on the page, by the name of a handle, as a screen reader finds it."""

    def __init__(self, page, handle):
        slider = page.get_by_role("slider", name=handle, exact=True)
        self.page, self.root = page, page.locator(".nnlib-turn").filter(has=slider)
        self.image = self.root.locator("img")
        self.root.scroll_into_view_if_needed()
        self.image.wait_for(timeout=SLOW)

    def handle(self, name):
        return self.root.get_by_role("slider", name=name, exact=True)

    def wait_for(self, pattern):
        """Wait until a picture is described so, and return the match."""
        sync_api.expect(self.image).to_have_attribute("alt", re.compile(pattern), timeout=SLOW)
        said = self.root.locator("[role=status]")
        sync_api.expect(said).to_contain_text(self.image.get_attribute("alt"), timeout=SLOW)
        return re.search(pattern, self.image.get_attribute("alt"))

    def press(self, name, *keys):
        handle = self.handle(name)
        handle.focus()
        for key in keys:
            handle.press(key)


def latencies(page):
    return page.evaluate("performance.getEntriesByName('nnlib-turn').map(e => e.duration)")


@pytest.fixture(scope="module", params=["lab", "notebook", "voila"])
def page(request, browser, start_site):
    cells = [nbformat.v4.new_code_cell(CELL)]
    site = start_site(request.param, {"turn.ipynb": notebook(cells)})
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    run_all(page, site, "turn.ipynb")
    page.site = site
    yield page
    page.context.close()


def test_keys_move_the_handles_and_the_picture_follows(page):
    turned = Turned(page, "T")
    assert turned.wait_for("ten bars, the last 1, of kind square")
    turned.press("T", "End")
    sync_api.expect(turned.root.locator("[role=status]")).to_have_text(
        "T = 30, kind = square: ValueError: too hot", timeout=SLOW
    )
    assert turned.image.count() == 0  # no picture of another value
    turned.press("T", "Home")
    turned.wait_for("the last 1e-09, of kind square")
    turned.press("T", *["ArrowRight"] * 3)
    value = float(turned.handle("T").get_attribute("aria-valuetext"))
    assert 0.1 < value < 0.13
    turned.wait_for(f"the last {value**9:.3g},")
    turned.press("kind", "ArrowUp")
    turned.wait_for("of kind round")
    assert turned.handle("kind").get_attribute("aria-valuetext") == "round"


def test_the_mouse_drags_without_flicker_and_no_stale_picture_comes(page):
    turned = Turned(page, "T")
    turned.press("T", "Home")
    turned.wait_for("the last 1e-09")
    page.evaluate(
        "() => { window.seen = []; const t = document.querySelector('.nnlib-turn img').parentNode;"
        " new MutationObserver(() => seen.push([t.querySelectorAll('img').length,"
        " t.offsetHeight])).observe(t, {childList: true}); }"
    )
    page.evaluate("performance.clearMeasures()")
    box = turned.handle("T").bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    for k in range(60):
        page.mouse.move(box["x"] + 8 + k * (0.6 * box["width"]) / 60, box["y"] + box["height"] / 2)
        page.wait_for_timeout(8)
    page.mouse.up()
    value = float(turned.handle("T").get_attribute("aria-valuetext"))
    assert 1 < value < 10
    turned.wait_for(f"the last {re.escape(f'{value**9:.3g}')},")
    seen, times = page.evaluate("seen"), latencies(page)
    assert {tuple(s) for s in seen} == {tuple(seen[0])} and seen[0][0] == 1  # one image, one size
    assert 3 <= len(times) <= 60
    print(f"\n{len(times)} pictures while dragging, median {statistics.median(times):.0f} ms")
    assert statistics.median(times) < 250  # 60 to 90 on an idle machine


def test_nothing_stands_in_a_readers_way(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run('.nnlib-turn').then(r => r.violations)")
    bad = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    assert not bad, bad


# ---------------------------------------------------------------- the lessons' instruments

INSTRUMENTS = {  # notebook: [(handle, keys, what the picture then says)]
    "01_data_loading": [("line", ["ArrowLeft"], r"same pixel, number (408), with ink")],
    "02_forward_pass": [
        ("b", ["Home"], r"bias 0: (\d+) ones lie at or below 0 and are missed, (0) eights"),
        ("n", ["End"], r"20 in number, that misses it by at most (0\.01)"),
    ],
    "03_softmax_and_loss": [
        ("T", ["End"], r"temperature 30; .* The gap is (0\.0\d\d)"),
        ("w", ["End"], r"At 1 it is (2\.4\d+), and .* At 1, (\d+) of 500 images"),
    ],
    "04_backprop_derivation": [("h", ["Home"], r"one side of the kink. Its slope is (1\.000)")],
    "05_training": [("step", ["Home"], r"at step 0 the loss is (2\.41), .* for (\d) of them")],
    "06_evaluation_and_confusion_matrix": [
        ("threshold", ["End"], r"At 0\.99 it is (\d+) of 500. .* Silent: (\d+), of which (\d+)")
    ],
    "07_initialisation": [("sigma", ["Home"], r"sigma 0.01, .* powers of ten, .* by (-1\d\.\d\d)")],
    "08_from_91_to_98": [("rate", ["End"], r"rate 0.042 and beta 0.9, .* 0.01: (it diverges)")],
    "10_how_far_a_plain_network_goes": [
        ("strength", ["End"], r"Strength 100, width 4: .* is looked up (4\.\d) pixels away")
    ],
}


def down_to_the_last_instrument(name):
    content = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    last = max(k for k, cell in enumerate(code) if "live.turn(" in cell.source)
    return notebook([nbformat.v4.new_code_cell(cell.source) for cell in code[: last + 1]])


def test_every_instrument_is_known_here():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found = sum("live.turn(" in "".join(cell["source"]) for cell in content["cells"])
        assert found == len(INSTRUMENTS.get(path.stem, [])), path.stem


@pytest.fixture(scope="module")
def lessons(start_site):
    site = start_site(
        "lab", {f"{name}.ipynb": down_to_the_last_instrument(name) for name in INSTRUMENTS}
    )
    for folder in FOLDERS:
        (site.folder / folder).symlink_to(NOTEBOOKS / folder)
    return site


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_lessons_instruments(name, browser, lessons, axe, tmp_path):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    run_all(page, lessons, f"{name}.ipynb")
    page.locator(IDLE).wait_for(timeout=SLOW)
    for handle, keys, pattern in INSTRUMENTS[name]:
        turned = Turned(page, handle)
        before = turned.image.get_attribute("alt")
        page.evaluate("performance.clearMeasures()")
        turned.press(handle, *keys)
        found = turned.wait_for(pattern)
        assert turned.image.get_attribute("alt") != before
        times = latencies(page)
        print(f"\n{name}, {handle}: {found.groups()}, {statistics.median(times):.0f} ms")
        assert statistics.median(times) < 400
        turned.root.screenshot(path=tmp_path / f"{name}_{handle}.png")
    page.evaluate(axe)
    found = page.evaluate("axe.run('.nnlib-turn').then(r => r.violations)")
    assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    page.context.close()
