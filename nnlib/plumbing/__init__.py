"""Plumbing: what the lessons need and don't derive: files, arguments, pictures, the history.

The ground (arguments, environment, mnist, table, writing, plots, report) knows no mathematics.
Above the lessons' modules stand sources, history, lines, runs and saving.
"""
