"""Widgets that stand beside the lessons: `RateLab`, the learning-rate lab. Needs ipywidgets."""

from nnlib.live.ratelab import RateLab

__all__ = ["RateLab"]
