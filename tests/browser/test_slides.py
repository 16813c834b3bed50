"""Slides in a real browser, without network: nothing runs off, everything is typeset."""

import pytest
from conftest import missing, new_page

from classroom import source

pytestmark = pytest.mark.browser
LESSONS = source.lessons()


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """All decks, built once."""
    from classroom import slides

    try:
        return slides.build(tmp_path_factory.mktemp("slides"))
    except ModuleNotFoundError as error:
        return missing(f"{error.name} is not installed: pip install -e '.[classroom]'")


@pytest.fixture
def shown(browser):
    page = new_page(browser)
    page.problems = []
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on("requestfailed", lambda request: page.problems.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    page.context.close()


LOOK = """() => {
  const slide = Reveal.getCurrentSlide(), box = slide.querySelector(".fit") || slide;
  const inside = [...box.querySelectorAll("*")].filter(e => !e.closest("mjx-assistive-mml, svg"));
  const edges = inside.map(e => e.getBoundingClientRect()).filter(r => r.width && r.height);
  return {
    right: Math.max(...edges.map(r => r.right)), bottom: Math.max(...edges.map(r => r.bottom)),
    left: Math.min(...edges.map(r => r.left)), top: Math.min(...edges.map(r => r.top)),
    zoom: Number(box.style.zoom || 1), text: slide.innerText,
    pictures: [...slide.querySelectorAll("img")].map(i => i.complete && i.naturalWidth > 0),
    broken: slide.querySelectorAll("[data-mjx-error], mjx-merror").length,
  };
}"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_nothing_runs_off_a_slide(decks, shown, lesson):
    shown.goto((decks / f"{lesson.path.stem}.html").as_uri())
    shown.wait_for_selector('body[data-ready="yes"]', timeout=60000)
    total, seen = shown.evaluate("Reveal.getTotalSlides()"), 0
    while True:
        there = shown.evaluate(LOOK)
        about = f"{lesson.path.stem}, slide {seen + 1}: {there['text'][:60]!r}"
        assert there["left"] >= 0 and there["top"] >= 0, about
        assert there["right"] <= 1280 and there["bottom"] <= 692, (about, there)
        assert there["zoom"] >= 0.75, f"{about}: letters too small, {there['zoom']}"
        assert all(there["pictures"]) and not there["broken"], about
        assert "$" not in there["text"].replace("$ ", ""), f"{about}: TeX that wasn't typeset"
        seen += 1
        if shown.evaluate("Reveal.isLastSlide()"):
            break
        shown.evaluate("Reveal.next()")
    assert seen == total > len(lesson.sections)
    assert shown.problems == []


def test_a_slide_that_is_too_full_is_found(decks, shown):
    """The look sees what it should: a block as wide as two screens, one as tall."""
    shown.goto((decks / f"{LESSONS[0].path.stem}.html").as_uri())
    shown.wait_for_selector('body[data-ready="yes"]', timeout=60000)
    shown.evaluate("Reveal.next()")
    sizes = {"right": ("width: 2560px; height: 9px", 1280), "bottom": ("height: 900px", 692)}
    for edge, (size, most) in sizes.items():
        shown.evaluate(
            "size => { const block = document.createElement('div'); block.style.cssText = size;"
            " Reveal.getCurrentSlide().querySelector('.fit').append(block); }", size
        )  # fmt: skip
        assert shown.evaluate(LOOK)[edge] > most
