"""Widgets that stand beside the lessons: `Pad`, to draw on. Needs the extra `live`."""

from nnlib.live.pad import Pad

__all__ = ["Pad"]
