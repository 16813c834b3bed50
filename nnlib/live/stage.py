"""Where a drawing function draws while its page looks on: nothing of it is seen or left there."""

import io

from nnlib.live import sketch
from nnlib.plumbing import plots


class Stage:
    """Pictures of a drawing function: sketched, in a millisecond, or by matplotlib, in fifty.

    Attributes
    ----------
    draw : function that draws one figure and ends with ``plots.show(words)``
    sketched : False once draw has asked for more than a sketch can do
    """

    def __init__(self, draw):
        self.draw, self.sketched = draw, True

    def picture(self, values):
        """Return a picture's kind, its bytes, and its words."""
        if self.sketched:
            try:
                return self._perform(values, self._sketch)
            except Exception:  # where it is the fault of draw, it comes again
                pass
        picture = self._perform(values, None)
        self.sketched = False
        return picture

    def _perform(self, values, new_figure):
        """Call draw, with `plots.show`, and maybe `plots.new_figure`, led here."""
        import matplotlib.pyplot as plt

        former = plt.get_fignums()
        self.new_figure, self.figure, self.shown = new_figure, None, None
        plots.STAGE.append(self)
        try:
            self.draw(**values)
            if self.shown is None:
                raise ValueError("nothing was shown: let the function end with plots.show(words)")
            return self.shown
        finally:
            plots.STAGE.pop()
            for number in set(plt.get_fignums()) - set(former):
                plt.close(number)

    def _sketch(self, *arguments, **options):
        self.figure, axes = sketch.new_figure(*arguments, **options)
        return self.figure, axes

    def show(self, words):
        """Take what was drawn."""
        if self.new_figure:
            self.shown = "image/svg+xml", self.figure.svg().encode(), words
            return
        import matplotlib.pyplot as plt

        file, figure = io.BytesIO(), plt.gcf()
        figure.savefig(file, format="png", dpi=figure.dpi)
        self.shown = "image/png", file.getvalue(), words
