"""The fields and buttons of the learning-rate lab, and what they say in plain words.

Number fields, text fields and buttons only: in Notebook 7 a slider's arrow keys move the notebook.
"""

from types import SimpleNamespace

import ipywidgets

from nnlib.network import ACTIVATIONS, INITS
from nnlib.plumbing.arguments import check_number
from nnlib.training import OPTIMIZERS

RATES = [float(f"{digit}e{power}") for power in range(-4, 2) for digit in (1, 3)] + [100.0]


class Controls:
    """All fields and buttons; `read` returns what `train` needs, or says what is wrong.

    Attributes
    ----------
    fields : namespace of the fields
    buttons : namespace of the buttons
    box : the widget that holds them
    """

    def __init__(self):
        count, text, choice = _count, _text, _choice
        self.fields = SimpleNamespace(
            rate=text("learning rate", "0.1", 170),
            epochs=count("epochs", 10, 1),
            batch_size=count("batch size (0: all)", 32, 0),
            hidden=count("hidden units", 10, 1),
            activation=choice("activation", ACTIVATIONS),
            init=choice("first weights", INITS),
            optimizer=choice("optimiser", OPTIMIZERS),
            seed=count("seed", 0, 0),
            three=ipywidgets.Checkbox(description="three seeds", indent=False, layout=_width(110)),
            run=count("run", 1, 1),
            file=text("file", "runs.npz", 200),
        )
        self.buttons = SimpleNamespace(
            down=_button("", 78), up=_button("", 78),
            train=_button("Train", 90), stop=_button("Stop", 90), clear=_button("Clear", 90),
            remove=_button("Remove", 90), save=_button("Save", 90),
        )  # fmt: skip
        f, b = self.fields, self.buttons
        f.rate.observe(lambda _: self._name_steps(), "value")
        b.down.on_click(lambda _: self._set_rate(self._steps()[0]))
        b.up.on_click(lambda _: self._set_rate(self._steps()[1]))
        self._name_steps()
        self.set_running(False)
        self.box = ipywidgets.VBox([
            _row(f.rate, b.down, b.up, f.epochs, f.batch_size, f.hidden),
            _row(f.activation, f.init, f.optimizer, f.seed, f.three),
            _row(b.train, b.stop, b.clear, f.run, b.remove, f.file, b.save),
        ])  # fmt: skip

    def read(self):
        """Return the settings of a training, or raise a ValueError with a sentence."""
        f = self.fields
        rate, said = read_rate(f.rate.value)
        self._set_rate(rate)
        seeds = [f.seed.value + k for k in range(3 if f.three.value else 1)]
        settings = {
            "sizes": [f.hidden.value], "init": f.init.value, "seeds": seeds,
            "learning_rate": rate, "batch_size": f.batch_size.value or None,
            "epochs": f.epochs.value, "activation": f.activation.value,
            "optimizer": f.optimizer.value,
        }  # fmt: skip
        return settings, said

    def set_running(self, running):
        """Let only Stop be pressed while a training runs, and all but Stop while none does."""
        for name, button in vars(self.buttons).items():
            if name not in ("down", "up"):
                button.disabled = running != (name == "stop")

    def _steps(self):
        """Return the steps of three below and above the rate that stands there."""
        try:
            rate, _ = read_rate(self.fields.rate.value)
        except ValueError:
            return 0.03, 0.3
        below = [r for r in RATES if r < rate * 0.999]
        above = [r for r in RATES if r > rate * 1.001]
        return (below or RATES)[-1 if below else 0], (above or RATES)[0 if above else -1]

    def _set_rate(self, rate):
        self.fields.rate.value = f"{rate:g}"

    def _name_steps(self):
        below, above = self._steps()
        self.buttons.down.description, self.buttons.up.description = f"↓ {below:g}", f"↑ {above:g}"


def read_rate(text):
    """Return the rate that a text means, and a sentence where it was written otherwise."""
    text, said = text.strip(), ""
    try:
        rate = float(text)
    except ValueError:
        try:
            rate = float(text.replace(",", ".", 1))
        except ValueError:
            raise ValueError(
                f"The learning rate {text[:20]!r} is no number: write it as in 0.1."
            ) from None
        said = f"{text} is read as {rate:g}: in Python the decimal sign is a point. "
    check_number("learning rate", rate, above=0)
    return rate, said


def _width(pixels):
    return ipywidgets.Layout(width=f"{pixels}px")


def _plain(text):
    """Return the style of a field: as much room as its name needs."""
    return {"description_width": f"{8 + 6.6 * len(text):.0f}px"}


def _count(name, value, least):
    return ipywidgets.BoundedIntText(
        value, description=name, min=least, max=10**6, style=_plain(name),
        layout=_width(90 + 6.6 * len(name)),
    )  # fmt: skip


def _text(name, value, pixels):
    return ipywidgets.Text(
        value, description=name, continuous_update=False, style=_plain(name), layout=_width(pixels)
    )


def _choice(name, table):
    return ipywidgets.Dropdown(
        options=list(table), description=name, style=_plain(name),
        layout=_width(110 + 6.6 * len(name)),
    )  # fmt: skip


def _button(name, pixels):
    return ipywidgets.Button(description=name, layout=_width(pixels))


def _row(*widgets):
    return ipywidgets.HBox(widgets, layout=ipywidgets.Layout(flex_flow="row wrap"))
