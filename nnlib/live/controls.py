"""The fields and buttons of the learning-rate lab, and what they say in plain words.

Only what keys reach everywhere: fields to write in, and buttons. JupyterLab and Notebook 7 take the
arrow keys away from lists to choose from, and Notebook 7 from sliders, to move through the cells.
"""

import asyncio
from types import SimpleNamespace

import ipywidgets

from nnlib.network import ACTIVATIONS, INITS
from nnlib.plumbing.arguments import check_number
from nnlib.training import OPTIMIZERS

SOON = 0.05  # seconds
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
        self.fields = SimpleNamespace(
            rate=_text("learning rate", "0.1", 60),
            epochs=_count("epochs", 10, 1),
            batch_size=_count("batch size (0: all)", 32, 0),
            hidden=_count("hidden units", 10, 1),
            activation=Choice("activation", ACTIVATIONS, 145),
            init=Choice("first weights", INITS, 160),
            optimizer=Choice("optimiser", OPTIMIZERS, 165),
            seed=_count("seed", 0, 0),
            three=ipywidgets.Checkbox(description="three seeds", indent=False, layout=_width(105)),
            run=_count("run", 1, 1),
            file=_text("file", "runs.npz", 120),
        )
        self.buttons = SimpleNamespace(
            down=_button("", 70), up=_button("", 70),
            train=_button("Train", 85), stop=_button("Stop", 85), clear=_button("Clear", 85),
            remove=_button("Remove", 85), save=_button("Save", 85),
        )  # fmt: skip
        f, b = self.fields, self.buttons
        f.rate.observe(lambda _: self._name_steps(), "value")
        when_pressed(b.down, lambda: self._set_rate(self._steps()[0]))
        when_pressed(b.up, lambda: self._set_rate(self._steps()[1]))
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
        self.fields.rate.value = f"{rate:.15g}"

    def _name_steps(self):
        below, above = self._steps()
        self.buttons.down.description, self.buttons.up.description = f"↓ {below:g}", f"↑ {above:g}"


def when_pressed(button, action):
    """Let a button do something a moment after it is pressed.

    What was written into a field just before is sent first, but ipykernel 7 may well deliver it
    second; this moment lets it arrive.
    """

    def pressed(_):
        try:
            asyncio.get_running_loop().call_later(SOON, action)
        except RuntimeError:  # no kernel, so no loop: a test presses
            action()

    button.on_click(pressed)


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


class Choice(ipywidgets.Button):
    """A button that says what is chosen; pressed, it chooses the next."""

    def __init__(self, name, options, pixels):
        self._name, self._options = name, list(options)
        tip = f"press to choose the next of {', '.join(self._options)}"
        super().__init__(layout=_width(pixels), tooltip=tip)
        self.value = self._options[0]
        self.on_click(lambda _: self._choose_next())

    @property
    def value(self):
        """Return what is chosen."""
        return self._value

    @value.setter
    def value(self, value):
        self._value = value
        self.description = f"{self._name}: {value}"

    def _choose_next(self):
        k = self._options.index(self.value) + 1
        self.value = self._options[k % len(self._options)]


def _count(name, value, least):
    return ipywidgets.BoundedIntText(
        value, description=name, min=least, max=10**6, **_sizes(name, 60)
    )


def _text(name, value, pixels):
    return ipywidgets.Text(value, description=name, continuous_update=False, **_sizes(name, pixels))


def _button(name, pixels):
    return ipywidgets.Button(description=name, layout=_width(pixels))


def _sizes(name, pixels):
    """Return the widths of a field: its name's, and so many pixels to write in."""
    words = round(10 + 6.4 * len(name))
    return {"style": {"description_width": f"{words}px"}, "layout": _width(words + pixels + 12)}


def _width(pixels):
    return ipywidgets.Layout(width=f"{pixels}px")


def _row(*widgets):
    return ipywidgets.HBox(widgets, layout=ipywidgets.Layout(flex_flow="row wrap"))
