"""The drawing pad in JupyterLab, Notebook 7 and Voilà, by mouse and by finger: `pytest -m browser`.

A server on this machine shows a notebook of two cells; Chromium draws a 7 on it.
"""

import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

import nnlib

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytest.importorskip("anywidget", reason="the extra `live` is not installed")
pytestmark = pytest.mark.browser

CHROMIUM = [os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/chromium-browser"]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
CELL = """\
from types import SimpleNamespace
import nnlib
nnlib.limit_threads(1)
params, activation = nnlib.load_params("net.npz")
nnlib.live.Pad(SimpleNamespace(params=params, activation=activation))"""
BUSY = "sum(range(5 * 10**8))"  # holds Python's lock: no thread, no subshell can answer
SERVER = [
    "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}",
    "--IdentityProvider.token={token}", "--ServerApp.root_dir={folder}",
]  # fmt: skip
SITES = {
    "lab": (["jupyterlab", *SERVER], "/lab/workspaces/{own}/tree/{own}.ipynb"),
    "notebook": (["notebook", *SERVER], "/notebooks/{own}.ipynb"),
    "voila": (
        ["voila", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}", "--token={token}",
         "pad.ipynb"],
        "/",
    ),
}  # fmt: skip
SEVEN = [(60, 60), (130, 58), (215, 60), (180, 120), (150, 180), (125, 240)]
SLOW = 60_000


@pytest.fixture(scope="module")
def chromium():
    path = next((p for p in CHROMIUM if p and Path(p).exists()), None)
    if path is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or name one in CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def net(digits):
    params = nnlib.init_params([784, 128, 64, 10])
    return nnlib.train(params, digits, 0.1, batch_size=32, epochs=5)


@pytest.fixture(scope="module", params=SITES)
def site(request, net, tmp_path_factory):
    """Yield the front-end's name, its folder, and an address with a place for a notebook's name."""
    folder = tmp_path_factory.mktemp(request.param)
    nnlib.save_params(folder / "net.npz", net)
    cells = [nbformat.v4.new_code_cell(CELL)]
    cells += [nbformat.v4.new_code_cell(BUSY)] if request.param != "voila" else []
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "pad.ipynb")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    token, (options, path) = secrets.token_hex(), SITES[request.param]
    options = [o.format(port=port, token=token, folder=folder) for o in options]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    environment = dict(os.environ) | {name: str(folder / name.lower()) for name in names}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *options], cwd=folder, stdout=log, stderr=log, env=environment
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/", server)
        yield request.param, folder, f"http://127.0.0.1:{port}{path}?token={token}"
    finally:
        server.terminate()
        server.wait(20)


def wait_for(url, server, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server didn't start")


@pytest.fixture(params=["mouse", "touch"])
def page(request, chromium, site):
    """Yield a page with the pad on it, and the way to draw."""
    name, folder, url = site
    own = f"pad{secrets.token_hex(4)}"  # a notebook, and so a kernel, of its own
    shutil.copy(folder / "pad.ipynb", folder / f"{own}.ipynb")
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, has_touch=request.param == "touch"
    )
    page = context.new_page()
    page.goto(url.format(own=own))
    if name != "voila":
        page.locator(".jp-CodeCell").first.wait_for(timeout=SLOW)
        run(page, 0)
    page.locator(".nnlib-pad .said").wait_for(timeout=SLOW)
    page.name, page.way = name, request.param
    yield page
    context.close()


def run(page, k):
    """Run a cell; again, where the kernel wasn't there yet."""
    cell = page.locator(".jp-CodeCell").nth(k)
    started = cell.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[[*\d]+\]"))
    for _ in range(12):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            started.wait_for(timeout=5000)
            return
        except sync_api.TimeoutError:
            pass
    raise RuntimeError("the cell didn't run")


def points(page, stroke, steps=8):
    """Return a stroke's places on the screen."""
    pad = page.locator(".nnlib-pad canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    path = [stroke[0]]
    for (x0, y0), (x1, y1) in zip(stroke[:-1], stroke[1:]):
        path += [
            (x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(1, steps + 1)
        ]
    return [(box["x"] + x, box["y"] + y) for x, y in path]


def draw(page, stroke=SEVEN):
    """Draw a stroke by mouse or finger, about as fast as a hand."""
    path = points(page, stroke)
    if page.way == "mouse":
        page.mouse.move(*path[0])
        page.mouse.down()
        for place in path[1:]:
            page.mouse.move(*place)
            page.wait_for_timeout(16)
        page.mouse.up()
        return
    client = page.context.new_cdp_session(page)

    def touch(kind, places):
        where = [{"x": x, "y": y} for x, y in places]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    touch("touchStart", path[:1])
    for place in path[1:]:
        touch("touchMove", [place])
        page.wait_for_timeout(16)
    touch("touchEnd", [])


def ink(page):
    """Return how many pixels of the pad are dark."""
    return page.locator(".nnlib-pad canvas").first.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, 280, 280).data"
        ".filter((v, i) => i % 4 === 0 && v < 128).length"
    )


def test_a_seven_is_read_while_it_is_drawn(page):
    said = page.locator(".nnlib-pad .said")
    sync_api.expect(said).to_have_text("Draw a digit here: mouse, finger or pen.", timeout=SLOW)
    draw(page)
    sync_api.expect(said).to_have_text(re.compile(r"^Read as 7, \d+ % sure\.$"), timeout=SLOW)
    assert ink(page) > 2000
    widths = page.locator(".nnlib-pad .bar").evaluate_all("all => all.map(b => b.style.width)")
    assert len(widths) == 10 and 99 < sum(float(w.rstrip("%")) for w in widths) < 101
    seen, units = (page.locator(".nnlib-pad canvas").nth(k) for k in (1, 2))
    bright = (
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".filter(v => v > 0).length"
    )
    assert seen.evaluate(bright) > 784 and units.evaluate("c => c.height") == 240
    times = page.evaluate("performance.getEntriesByName('nnlib-pad').map(e => e.duration)")
    print(
        f"\n{page.name}, {page.way}: {len(times)} answers, median {statistics.median(times):.0f} ms"
    )
    assert len(times) >= 5 and statistics.median(times) < 200  # 36 to 45 where two other things run
    page.get_by_role("button", name="Clear").click()
    assert ink(page) == 0
    sync_api.expect(said).to_have_text("Draw a digit here: mouse, finger or pen.")


def test_ink_appears_while_the_kernel_is_busy(page):
    if page.name == "voila":
        pytest.skip("Voilà has no cells to run")
    draw(page, SEVEN[:3])
    sync_api.expect(page.locator(".nnlib-pad .said")).to_contain_text("Read as", timeout=SLOW)
    run(page, 1)
    before = ink(page)
    draw(page, SEVEN[2:4])
    assert ink(page) > before + 500
    said = page.locator(".nnlib-pad .said")
    sync_api.expect(said).to_contain_text("The kernel is busy", timeout=SLOW)
    sync_api.expect(said).to_contain_text("Read as", timeout=SLOW)
