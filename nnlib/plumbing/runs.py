"""Plumbing: a notebook's earlier runs, kept beside the newest one."""

from nnlib.plumbing import plots


class Runs:
    """A collection of trainings, to be looked at together.

    Make it in a cell of its own. Then re-run the cell that trains as often as you like: each run
    joins the earlier ones, and a run with the same settings takes the place of its former self.
    """

    def __init__(self):
        self._histories = {}

    def __len__(self):
        return len(self._histories)

    def add(self, history):
        """Keep a History; the same network with the same settings and first weights replaces it."""
        key = (*history.sizes, *history.settings.items(), round(history.rows[0]["loss"], 12))
        self._histories[key] = history

    def clear(self):
        """Forget all runs."""
        self._histories.clear()

    def table(self):
        """Return a pandas DataFrame with one row a run: its settings and where it ended."""
        import pandas as pd

        rows = []
        for history in self._histories.values():
            last, settings = history.rows[-1], history.settings
            rows.append(
                {
                    "learning_rate": settings["learning_rate"],
                    "batch_size": settings["batch_size"] or "all",
                    "steps": last["step"],
                    "loss": round(last["loss"], 4),
                    "valid_loss": round(last["valid_loss"], 4),
                    "train_accuracy": round(last["train_accuracy"], 4),
                    "valid_accuracy": round(last["valid_accuracy"], 4),
                    "ended": ending(history),
                }
            )
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="run"))

    def plot(self):
        """Draw all runs, loss and validation accuracy over epochs; return the figure."""
        figure, axes = plots.new_figure(1, 2, (9.6, 4.2))
        parts = (("loss", "training loss (nats)"), ("valid_accuracy", "validation accuracy"))
        for ax, (column, label) in zip(axes, parts):
            for k, history in enumerate(self._histories.values()):
                table, s = history.table(), history.settings
                name = f"{k + 1}: rate {s['learning_rate']:g}, batch {s['batch_size'] or 'all'}"
                look = plots.style(k) | {"markevery": max(1, len(table) // 10)}
                ax.plot(table["epoch"], table[column], label=name, **look)
            ax.set(xlabel="epoch", ylabel=label)
            ax.grid(alpha=0.3)
        first = [history.rows[0]["loss"] for history in self._histories.values()]
        axes[0].set_ylim(0, 1.5 * max(first, default=1.0))
        axes[1].set_ylim(0, 1)
        if self._histories:
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
        return figure


def ending(history):
    """Return in one word how a run ended."""
    if history.diverged:
        return "diverged"
    if history.stopped:
        return "stopped"
    return "collapsed" if history.collapsed else "done"
