"""Widgets that stand beside the lessons: `RateLab`, `Pad` to draw on, and `turn`.

`turn` gives a drawing function handles. `RateLab` needs ipywidgets; `Pad` and `turn` need
anywidget, which brings it; without it a page with `turn` loses only the handles.
"""

import importlib

from nnlib.live.turn import turn

__all__ = ["Pad", "RateLab", "turn"]


def __getattr__(name):
    """Load a widget, and what it needs, when it is first touched."""
    if name in ("Pad", "RateLab"):
        return getattr(importlib.import_module(f"nnlib.live.{name.lower()}"), name)
    raise AttributeError(f"module 'nnlib.live' has no attribute {name!r}")
