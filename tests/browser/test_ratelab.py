"""The learning-rate lab in JupyterLab, Notebook 7 and Voilà, as its readers use it."""

import re
import time

import pandas as pd
import pytest

import nnlib

pytestmark = pytest.mark.browser
RATES = ("0.1", "0.3", "3")


class Lab:
    """The lab on a page: its buttons and fields by the names that a screen reader reads."""

    def __init__(self, page, site):
        self.page, self.folder = page, site.folder

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, name):
        return self.page.get_by_label(name, exact=True)

    def wait(self, what, *arguments):
        self.page.wait_for_function(what, arg=list(arguments), timeout=30000)

    def said(self):
        texts = self.page.locator(".widget-html [role=status]").all_inner_texts()
        assert len(texts) == 1
        return texts[0].strip()

    def wait_until_said(self, words, seconds=30):
        end = time.monotonic() + seconds
        while not re.search(words, self.said()):
            assert time.monotonic() < end, f"{words!r} is not said, but {self.said()!r}"
            self.page.wait_for_timeout(50)

    def described(self):
        return self.page.locator(".widget-html [role=img]").get_attribute("aria-label")

    def curves(self):
        return self.page.locator(".widget-html polyline").count()

    def train(self, rate):
        self.field("learning rate").fill(rate)
        self.button("Train").click()
        self.wait_until_said(rf"^Rate {float(rate):g}: loss|learning_rate={float(rate):g}[;.]")

    def data(self, name="curves.csv"):
        """Save the data behind the curves, and read them."""
        self.field("file").fill(name)
        self.button("Save").click()
        self.wait_until_said(f"written to {name}")
        return pd.read_csv(self.folder / name)


DEFAULTS = {"learning rate": "0.1", "epochs": "10", "batch size (0: all)": "32", "seed": "0"}
CHOICES = ("activation: relu", "first weights: he", "optimiser: sgd")


@pytest.fixture
def lab(page, site):
    """The lab as it is at first: no runs, and its own settings."""
    lab = Lab(page, site)
    lab.field("three seeds").uncheck()
    for name, text in DEFAULTS.items():
        lab.field(name).fill(text)
    for choice in CHOICES:
        button = page.get_by_role("button", name=re.compile(choice.split(":")[0]))
        while (text := button.inner_text()) != choice:
            button.click()
            lab.wait("([b, text]) => b.textContent != text", button.element_handle(), text)
    lab.button("Clear").click()
    lab.wait_until_said("All runs are forgotten")
    return lab


def direct(digits, rate, epochs=10):
    params = nnlib.init_params([784, 10, 10])
    return nnlib.train(params, digits, float(rate), epochs=epochs, watch=lambda history: None)


def check_three_curves(lab, digits):
    """Read the three curves from the data behind them: those of a direct training."""
    wanted = [direct(digits, rate) for rate in RATES]
    ends = [
        f"accuracy {h.rows[-1]['valid_accuracy']:.3f}, "
        + ("collapsed" if h.collapsed else f"loss {h.rows[-1]['loss']:.2f}")
        for h in wanted
    ]
    said = [f"rate {float(rate):g}: {end}" for rate, end in zip(RATES, ends)]
    assert lab.described() == "; ".join(said)
    table = lab.data()
    assert table["run"].nunique() == 3 and lab.curves() == 9
    for (_, run), history in zip(table.groupby("run"), wanted, strict=True):
        for part in ("step", "epoch", "loss", "valid_loss", "train_accuracy", "valid_accuracy"):
            assert run[part].tolist() == [row[part] for row in history.rows]


def test_three_rates_are_three_curves(lab, digits):
    for rate in RATES:
        lab.train(rate)
    check_three_curves(lab, digits)


def test_a_run_stopped_half_way_keeps_its_curve(lab, digits):
    lab.train("0.1")
    lab.field("epochs").fill("100000")
    lab.field("learning rate").fill("0.01")
    lab.button("Train").click()
    lab.wait("() => document.querySelectorAll('.widget-html polyline').length == 6")
    lab.wait("() => /step [0-9]{4}/.test(document.querySelector('.widget-html table').textContent)")
    lab.button("Stop").click()
    lab.wait_until_said("stopped after step")
    (step,) = re.findall(r"after step (\d+);", lab.said())
    assert lab.curves() == 6 and "stopped" in lab.page.locator(".widget-html table").inner_text()
    table = lab.data()
    stopped = table[table["run"] == 2]
    assert stopped["step"].iloc[-1] == int(step) and len(stopped) > 3
    whole = direct(digits, "0.01", epochs=len(stopped))
    n = len(stopped) - 1
    assert stopped["loss"].tolist()[:n] == [row["loss"] for row in whole.rows[:n]]
    assert lab.described().count("rate 0.01: accuracy") == 1
    lab.field("epochs").fill("10")
    lab.train("0.3")  # and the next one trains as ever
    assert lab.curves() == 9


class Keys:
    """A reader without a mouse."""

    def __init__(self, page):
        self.page = page

    def focused(self):
        return self.page.evaluate(
            "() => { const e = document.activeElement, l = e.labels && e.labels[0];"
            " return ((l ? l.textContent : e.textContent) || '').trim() }"
        )

    def go_to(self, name, key="Tab"):
        for _ in range(40):
            if re.fullmatch(name, self.focused()):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} never leads to {name!r}")

    def write(self, name, text, key="Tab"):
        self.go_to(name, key)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def press(self, name, key="Tab"):
        self.go_to(name, key)
        self.page.keyboard.press("Space")


def test_the_same_by_keyboard_alone(lab, digits):
    keys = Keys(lab.page)
    lab.field("learning rate").focus()  # where Tab leads from the cell above
    for rate in RATES:
        keys.write("learning rate", rate, "Shift+Tab")
        keys.press("Train")
        lab.wait_until_said(rf"^Rate {float(rate):g}: loss|learning_rate={float(rate):g}[;.]")
    keys.press("Train", "Shift+Tab")
    check_three_curves(lab, digits)

    keys.write("epochs", "99999", "Shift+Tab")
    lab.page.keyboard.press("ArrowUp")  # in a number field they count, in Notebook 7 too
    keys.press("Train")
    lab.wait("() => /step [0-9]{3}/.test(document.querySelector('.widget-html table').textContent)")
    keys.press("Stop")
    lab.wait_until_said("stopped after step")
    table = lab.data("stopped.csv")
    assert table["epochs"].iloc[-1] == 100000 and len(table[table["run"] == 4]) >= 2
    assert lab.curves() == 12


def test_every_control_obeys_the_keyboard(lab):
    keys, page = Keys(lab.page), lab.page
    cells = page.locator(".jp-Cell").count()
    lab.field("learning rate").focus()
    keys.press("↑ 0.3")
    lab.wait("() => [...document.querySelectorAll('button')].some(b => b.textContent == '↑ 1')")
    assert lab.field("learning rate").input_value() == "0.3" and keys.focused() == "↑ 1"
    for name in CHOICES:
        keys.press(name)
        lab.wait("([old]) => document.activeElement.textContent.trim() != old", name)
    keys.press("three seeds")
    assert lab.field("three seeds").is_checked()
    keys.press("Train")
    lab.wait_until_said("^Rate 0.3, 3 seeds: mean loss")
    page.locator("summary", has_text="The same by hand").focus()
    page.keyboard.press("Space")
    code = page.locator(".widget-html details pre").inner_text()
    for part in ("activation='sigmoid'", "init='xavier'", "optimizer='momentum'", "in [0, 1, 2]"):
        assert part in code
    keys.press("Clear", "Shift+Tab")
    lab.wait_until_said("All runs are forgotten")
    assert page.locator(".jp-Cell").count() == cells  # no key has reached the notebook


def test_a_comma_and_nonsense_end_in_a_sentence(lab):
    lab.train("0.1")
    lab.field("learning rate").fill("0,3")
    lab.button("Train").click()
    lab.wait_until_said("0,3 is read as 0.3.*Rate 0.3: loss")
    lab.field("learning rate").fill("fast")
    lab.button("Train").click()
    lab.wait_until_said("'fast' is no number")
    assert lab.curves() == 6


def test_axe_finds_nothing_serious_in_the_widget(lab, axe):
    for rate in ("0.1", "100"):
        lab.train(rate)
    lab.page.locator("summary", has_text="The same by hand").click()
    lab.page.evaluate(axe)
    found = lab.page.evaluate(
        """async () => {
            const picture = document.querySelector('.widget-html [role=img]');
            const widget = picture.closest('.widget-vbox');
            const { violations, passes } = await axe.run(widget);
            return { passes: passes.length, violations: violations.map(
                v => [v.impact, v.id, v.nodes.map(n => n.html.slice(0, 200))]) };
        }"""
    )
    assert found["passes"] > 5
    grave = [v for v in found["violations"] if v[0] in ("serious", "critical")]
    assert not grave, grave


def test_figures(lab, record_property):
    """Print what the lab takes, for the record: click to first curve, click to stop, redraws."""
    page = lab.page
    page.evaluate(
        """() => {
            window.drawn = [];
            new MutationObserver(() => {
                const n = document.querySelectorAll('.widget-html polyline').length;
                const e = document.querySelector('.widget-html polyline');
                const points = e ? e.getAttribute('points').split(' ').length : 0;
                if (window.drawn.at(-1)?.[2] !== document.querySelector(
                    '.widget-html [role=img]')?.outerHTML)
                    window.drawn.push([performance.now(), points, document.querySelector(
                        '.widget-html [role=img]')?.outerHTML]);
            }).observe(document.body, {subtree: true, childList: true});
            document.addEventListener('click', () => { window.clicked = performance.now() }, true);
        }"""
    )
    lab.field("epochs").fill("100000")
    lab.button("Train").click()
    lab.wait("() => window.drawn.some(d => d[1] > 1)")
    first = page.evaluate("() => window.drawn.find(d => d[1] > 1)[0] - window.clicked")
    page.wait_for_timeout(5000)
    start = page.evaluate("() => { window.drawn = []; return performance.now() }")
    page.wait_for_timeout(5000)
    drawn = page.evaluate("([t]) => window.drawn.length / (performance.now() - t) * 1000", [start])
    lab.button("Stop").click()
    lab.wait_until_said("stopped after step")
    stop = page.evaluate("() => window.drawn.at(-1)[0] - window.clicked")
    figures = f"first curve {first:.0f} ms, {drawn:.1f} redraws a second, stop {stop:.0f} ms"
    record_property("figures", figures)
    print(f"\n{lab.folder.name}: {figures}")
    assert drawn >= 2 and first < 3000 and stop < 2000, figures  # wide: CI shares its processors
