"""Widgets that stand beside the lessons: `RateLab`, the learning-rate lab, and `Pad`, to draw on.

`RateLab` needs ipywidgets, which the lessons bring; `Pad` needs anywidget, from the extra `live`.
"""

from nnlib.live.ratelab import RateLab

__all__ = ["Pad", "RateLab"]


def __getattr__(name):
    """Load the pad, and what it needs, when it is first touched."""
    if name == "Pad":
        from nnlib.live.pad import Pad

        return Pad
    raise AttributeError(f"module 'nnlib.live' has no attribute {name!r}")
