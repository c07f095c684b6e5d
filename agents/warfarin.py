"""Warfarin rules: ways to start, protocols that titrate, and the published arms as compositions of them.

`compose("gage+lenzini+aurora")` starts on one rule and hands over to one protocol after another; the
dose that a patient is on is where the next protocol goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pmrl.agents import aurora, dose_algorithms, fixed, intermountain, lenzini, rely
from pmrl.agents.composed import Sequence
from pmrl.agents.stage import Stage, Start
from pmrl.agents.titration import Titration
from pmrl.errors import InputError, unknown

STARTS: Mapping[str, Start] = {
    "fixed": Start(fixed.standard, "the therapy's standard dose"),
    "iwpc": Start(dose_algorithms.iwpc, "IWPC 2009, NEJM 360:753: pharmacogenetic", in_sample=True),
    "iwpc-clinical": Start(
        dose_algorithms.iwpc_clinical, "IWPC 2009, NEJM 360:753: clinical", in_sample=True
    ),
    "iwpc-modified": Start(
        dose_algorithms.iwpc_modified, "Avery 2011: IWPC with age in years, no loading", in_sample=True
    ),
    "eu-pact": Start(
        dose_algorithms.eu_pact, "EU-PACT (Avery 2011): modified IWPC, days 1-3 loaded", in_sample=True
    ),
    "gage": Start(dose_algorithms.gage, "Gage 2008, Clin Pharmacol Ther 84:326: pharmacogenetic"),
    "gage-clinical": Start(dose_algorithms.gage_clinical, "Gage 2008, Clin Pharmacol Ther 84:326: clinical"),
    "fda-table": Start(dose_algorithms.fda_table, "warfarin label: table by VKORC1 and CYP2C9"),
    "by-age": aurora.START,
}
"""First stages by name."""


@dataclass(frozen=True)
class Protocol:
    """A stage that can follow a start."""

    stage: Callable[[], Stage]
    """Makes the stage, with a memory of its own."""
    first_day: int
    """Episode day from which it is in charge after a start."""
    source: str


PROTOCOLS: Mapping[str, Protocol] = {
    "aurora": Protocol(aurora.Aurora, aurora.FIRST_DAY, aurora.SOURCE),
    "intermountain": Protocol(
        lambda: Titration(intermountain.TABLE), intermountain.FIRST_DAY, intermountain.TABLE.source
    ),
    "re-ly": Protocol(lambda: Titration(rely.TABLE), rely.FIRST_DAY, rely.TABLE.source),
    "lenzini": Protocol(lenzini.Lenzini, lenzini.FIRST_DAY, lenzini.SOURCE),
}
"""Later stages by name."""

ARMS: Mapping[str, tuple[str, str]] = {
    "fda-table": ("fda-table", "the label's dose, kept"),
    "iwpc": ("iwpc", "the pharmacogenetic dose, kept"),
    "iwpc-clinical": ("iwpc-clinical", "the clinical dose, kept"),
    "eu-pact": ("eu-pact", "the loading course and the dose after it, kept"),
    "gage": ("gage", "the pharmacogenetic dose, kept"),
    "gage-clinical": ("gage-clinical", "the clinical dose, kept"),
    "lenzini": ("eu-pact+lenzini", "loading, one refinement, then kept"),
    "aurora": ("by-age+aurora", "Ravvaz 2017 arm AAA"),
    "caa": ("iwpc-clinical+aurora", "Ravvaz 2017 arm CAA"),
    "pgaa": ("iwpc+aurora", "Ravvaz 2017 arm PGAA"),
    "pgpga": ("iwpc-modified+lenzini+aurora", "Ravvaz 2017 arm PGPGA"),
    "pgpgi": ("iwpc-modified+lenzini+intermountain", "Ravvaz 2017 arm PGPGI"),
    "intermountain": ("fixed+intermountain", "the standard dose until day 8, then the protocol"),
    "re-ly": ("fixed+re-ly", "the standard dose for three days, then the algorithm"),
    "iwpc+re-ly": ("iwpc+re-ly", "pharmacogenetic start, trial algorithm"),
    "eu-pact+re-ly": ("eu-pact+re-ly", "pharmacogenetic loading, trial algorithm"),
    "eu-pact+lenzini+re-ly": (
        "eu-pact+lenzini+re-ly",
        "pharmacogenetic loading and refinement, trial algorithm",
    ),
    "gage+aurora": ("gage+aurora", "as PGAA, started by an equation of other patients"),
    "eu-pact+intermountain": ("eu-pact+intermountain", "pharmacogenetic loading, then the protocol"),
}
"""Named rules: the composition, and what it is."""


def compose(composition: str, name: str = "", note: str = "") -> Sequence:
    """The rule 'START+PROTOCOL+...', e.g. 'iwpc+re-ly'.

    Args:
        composition: a name of `STARTS`, then names of `PROTOCOLS`, joined by '+'.
        name: under which results are reported; the composition itself if empty.
        note: what the rule is, before the sources in its summary.

    Raises:
        InputError: an unknown part, with the nearest name; or a protocol after one that does not end.
    """
    first, *protocols = composition.split("+")
    if first not in STARTS:
        raise unknown(f"start of '{composition}'", first, STARTS)
    start = STARTS[first]
    later: list[tuple[int, Stage]] = []
    sources = [start.source]
    after_refinement = 0
    for part in protocols:
        if part not in PROTOCOLS:
            raise unknown(f"protocol in '{composition}'", part, PROTOCOLS)
        if later and not after_refinement:
            raise InputError(
                f"'{composition}': only 'lenzini' ends and can be followed, so '{part}' cannot stand there"
            )
        protocol = PROTOCOLS[part]
        # A refined dose is a maintenance dose, so the next protocol need not wait for its own first day.
        later.append((after_refinement or protocol.first_day, protocol.stage()))
        after_refinement = lenzini.NEXT_FIRST_DAY if part == "lenzini" else 0
        sources.append(protocol.source)
    summary = "; then ".join(sources)
    return Sequence(name or composition, start, tuple(later), f"{note}. {summary}" if note else summary)
