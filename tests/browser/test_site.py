"""The site in a real browser: no serious barrier, search that finds, print that cuts nothing."""

import functools
import http.server
import threading

import pytest
from conftest import missing, new_page

pytestmark = pytest.mark.browser
PAGES = ("index", "00_contents", "03_softmax_and_loss", "06_evaluation_and_confusion_matrix",
         "teaching")  # fmt: skip
A4 = 718  # pixels between margins of a centimetre


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The site, built once and served by this machine."""
    from classroom import site

    try:
        place = site.build(tmp_path_factory.mktemp("site"))
    except ModuleNotFoundError as error:
        missing(f"{error.name} is not installed: pip install -e '.[site]'")
    handler = functools.partial(Quiet, directory=str(place))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(browser, address, name, **options):
    page = new_page(browser, **options)
    page.elsewhere = []
    page.on("request", lambda r: r.url.startswith(address) or page.elsewhere.append(r.url))
    page.goto(f"{address}/{name}.html")
    page.wait_for_function("!window.MathJax || !MathJax.startup || !!MathJax.startup.document")
    page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier_and_asks_nobody_else(browser, address, axe, name):
    page = opened(browser, address, name)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id]))")
    assert [v for v in found if v[0] in ("serious", "critical")] == []
    asked = [url for url in page.elsewhere if not url.startswith(("data:", "blob:"))]
    assert asked == []
    page.context.close()


@pytest.mark.parametrize("name", PAGES[1:])
def test_print_cuts_nothing(browser, address, name):
    page = opened(browser, address, name, width=A4)
    page.emulate_media(media="print")
    cut = page.evaluate(
        "[...document.querySelectorAll('.bd-article pre, .bd-article table, .bd-article img')]"
        f".filter(e => e.scrollWidth > e.clientWidth + 2 || e.getBoundingClientRect().right > {A4})"
        ".map(e => e.outerHTML.slice(0, 90))"
    )
    assert cut == [] and page.locator(".bd-article pre").count() >= 1
    page.context.close()


def test_code_is_not_cut_on_a_small_laptop(browser, address):
    page = opened(browser, address, "03_softmax_and_loss")
    cut = page.evaluate(
        "[...document.querySelectorAll('.cell_input pre')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 2).map(e => e.innerText.slice(0, 60))"
    )
    assert cut == [] and page.locator(".cell_input pre").count() > 20
    page.context.close()


def test_search_finds(browser, address):
    page = opened(browser, address, "search")
    page.goto(f"{address}/search.html?q=softmax")
    page.locator("ul.search li").first.wait_for(timeout=20000)
    assert page.locator("ul.search li").count() >= 3
    page.context.close()
