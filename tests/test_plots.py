"""What stands beside the pictures: words for a reader who doesn't see them."""

import numpy as np
import pytest

from nnlib.plumbing import plots
from nnlib.plumbing.environment import WIDTH


@pytest.mark.parametrize(
    "values, words",
    [
        ([2.41, 1.0, 0.27], "loss falls from 2.41 to 0.27"),
        ([0.1, 0.9, 0.91], "loss rises from 0.10 to 0.91"),
        ([2.0, 0.5, 0.9], "loss falls from 2.00 to 0.90, with its lowest point, 0.50, in between"),
        ([2.0, 3.0, 1.0], "loss falls from 2.00 to 1.00, with its highest point, 3.00, in between"),
        ([2.3, 2.3, 2.3], "loss begins and ends at 2.30"),
        ([2.3, np.inf, np.nan, 1.0], "loss falls from 2.30 to 1.00"),
    ],
)
def test_a_curve_in_words(values, words):
    assert plots.course("loss", values) == words


def test_a_picture_is_shown_with_its_words(capsys):
    plots.new_figure()
    plots.show("a line " + "that goes on and on " * 10)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("In words: a line that goes") and len(lines) > 2
    assert all(len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("end, shown", [("", "."), (".", "."), (" ", "."), ("?", "?"), (")", ").")])
def test_the_words_end_in_a_full_stop(end, shown, capsys):
    plots.show(f"a line{end}")
    assert capsys.readouterr().out == f"In words: a line{shown}\n"
