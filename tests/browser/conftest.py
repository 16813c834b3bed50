"""A real browser before JupyterLab, Notebook 7 and Voilà: `pytest -m browser`.

Needs the extra `dev` (Playwright's Python package, Voilà) and Chromium: Debian's, or the one that
CHROMIUM names. axe-core is looked for where AXE_CORE names its folder, or in node_modules above
this repository. Where something is missing, its tests are skipped, or, where NNLIB_BROWSER is
"must", as in CI, fail. Nothing but this machine is talked to.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOK = "13_learning_rate_lab.ipynb"
NOTIFY = "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing but this machine
)  # fmt: skip


def missing(what):
    """Skip a test that can't run here, or fail it where it must run."""
    (pytest.fail if os.environ.get("NNLIB_BROWSER") == "must" else pytest.skip)(what)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright is not installed: pip install -e '.[dev]'")
    paths = [os.environ.get("CHROMIUM"), *CHROMIUM]
    path = next((p for p in paths if p and Path(p).exists()), None)
    if path is None:
        missing("there is no Chromium: apt-get install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, which looks for barriers."""
    places = [Path(os.environ["AXE_CORE"])] if "AXE_CORE" in os.environ else []
    places += [folder / "node_modules" / "axe-core" for folder in ROOT.parents]
    for place in places:
        if (place / "axe.min.js").is_file():
            return (place / "axe.min.js").read_text(encoding="utf-8")
    missing("axe-core isn't there: npm install axe-core, and name its folder in AXE_CORE")
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Site:
    """A server on this machine, with the lab's notebook in a folder of its own."""

    def __init__(self, folder, arguments, path):
        self.folder, self.port, self.token = folder, free_port(), secrets.token_hex()
        shutil.copy(ROOT / "notebooks" / NOTEBOOK, folder)
        options = [a.format(port=self.port, token=self.token, folder=folder) for a in arguments]
        (folder / NOTIFY).parent.mkdir(parents=True, exist_ok=True)
        (folder / NOTIFY).write_text('{"fetchNews": "false"}')
        with open(folder / "server.log", "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *options], cwd=folder, stdout=log, stderr=log,
                env=environment(folder),
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}{path}?token={self.token}"
        self._wait()

    def _wait(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # it answers
            except OSError:
                time.sleep(0.2)
        self.close()
        raise RuntimeError((self.folder / "server.log").read_text())

    def wait_for_kernel(self, page, seconds=60):
        """Wait until the page is connected to a kernel: what is run before is lost."""
        end, ready = time.monotonic() + seconds, False
        while time.monotonic() < end and not ready:
            page.wait_for_timeout(200)
            url = f"http://127.0.0.1:{self.port}/api/sessions?token={self.token}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                kernels = [session["kernel"] for session in json.load(answer)]
            ready = any(k["execution_state"] == "idle" and k["connections"] for k in kernels)
        assert ready, "no kernel has started"

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def environment(folder):
    """Return what a reader's shell has: no setting of a reader's own, and none of pytest's."""
    env = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    env |= {f"JUPYTER_{n}_DIR": str(folder / n.lower()) for n in ("CONFIG", "RUNTIME")}
    env |= {f"JUPYTERLAB_{n}_DIR": str(folder / n.lower()) for n in ("SETTINGS", "WORKSPACES")}
    return env | {"IPYTHONDIR": str(folder / "ipython"), "NNLIB_PROGRESS": "1"}


SERVER = (
    "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}",
    "--IdentityProvider.token={token}", "--ServerApp.root_dir={folder}",
    "--LabApp.extension_manager=readonly",
)  # fmt: skip
SITES = {
    "lab": (("jupyterlab", *SERVER), f"/lab/tree/{NOTEBOOK}"),
    "notebook": (("notebook", *SERVER), f"/notebooks/{NOTEBOOK}"),
    "voila": (
        ("voila", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}", "--token={token}",
         NOTEBOOK),
        "/",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def start_site(tmp_path_factory):
    """Start a server of the module's own: its name in SITES, and notebooks, {name: text}."""
    sites = []

    def start(kind, notebooks):
        folder = tmp_path_factory.mktemp(kind)
        for name, text in notebooks.items():
            (folder / name).write_text(text, encoding="utf-8")
        arguments, path = SITES[kind]
        first = next(iter(notebooks))
        arguments = [first if argument == NOTEBOOK else argument for argument in arguments]
        sites.append(Site(folder, arguments, path.replace(NOTEBOOK, first)))
        return sites[-1]

    yield start
    for site in sites:
        site.close()


@pytest.fixture(scope="session", params=SITES)
def site(request, tmp_path_factory):
    site = Site(tmp_path_factory.mktemp(request.param), *SITES[request.param])
    yield site
    site.close()


def new_page(browser, width=1280, height=720, **options):
    """Return a page of a small laptop."""
    return browser.new_page(viewport={"width": width, "height": height}, **options)


IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'


def open_lab(page, site):
    """Open the notebook, run it where a reader has to, and wait until all of it has run."""
    page.goto(site.url)
    train = page.get_by_role("button", name="Train", exact=True)
    if "voila" not in site.process.args:
        page.locator(".jp-CodeCell").first.wait_for(timeout=60000)
        site.wait_for_kernel(page)
        page.locator(IDLE).wait_for(timeout=60000)
        page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
        page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
        train.wait_for(timeout=60000)
        page.locator(IDLE).wait_for(timeout=60000)
    train.wait_for(timeout=60000)


@pytest.fixture(scope="session")
def page(browser, site):
    """A page that all tests of a front-end share: to open it takes longer than to use it."""
    page = new_page(browser)
    open_lab(page, site)
    yield page
    page.context.close()
