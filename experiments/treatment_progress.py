"""The progress of a comparison, on one bar."""

from __future__ import annotations

from rich.progress import Progress

from pmrl.experiments.treatment import Treated


class TreatmentProgress:
    """One bar for the whole command, in treatments: one patient under one policy.

    Args:
        bars: where to draw.
        validation: treatments of the validation patients.
        policies: that are compared.
        patients: test patients.
    """

    def __init__(self, bars: Progress, validation: int, policies: int, patients: int) -> None:
        self._bars, self._patients, self._done = bars, patients, 0
        # Until it is known which rules wish visits of their own: most do.
        total = validation + 2 * (policies + 1) * patients
        self._task = bars.add_task("choosing the best rule on validation patients", total=total)

    def advance(self, treatments: int) -> None:
        """So many more patients were treated by one policy; called by any thread."""
        self._bars.advance(self._task, treatments)

    def expect(self, ways: int) -> None:
        """The test patients begin, each treated in so many ways."""
        done = self._bars.tasks[self._task].completed
        self._bars.update(self._task, total=done + ways * self._patients, description=self._text())

    def finished(self, treated: Treated) -> None:
        """These patients are done with."""
        self._done += len(treated)
        self._bars.update(self._task, description=self._text())

    def _text(self) -> str:
        return f"test patients: {self._done:,} of {self._patients:,}"
