"""Key findings in plain words, each computed from the numbers: if a learned policy loses, it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scipy.stats import binom

from pmrl.experiments.benchmark import STRAW_MEN
from pmrl.experiments.captions import MEASURES
from pmrl.experiments.number_format import exists, number, points, share
from pmrl.parameter import Parameter

Results = Mapping[str, Any]
Verdict = Literal["better", "worse", "unclear", "fact"]

NON_INFERIORITY = Parameter(
    0.003, "share of days", "margin for days above the first safety limit, set before training", "assumption"
)
STRAW_MAN_MARGIN = Parameter(
    0.25, "share of days", "evaluation standard: random and maximum dosing must lose badly", "assumption"
)
_BEHIND_BY_CHANCE = 0.025
"""Of the groups of a policy that is as good as another have an interval below 0."""
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Finding:
    """One sentence or two, and whether it speaks for or against the learned policies or the benchmark."""

    verdict: Verdict
    text: str


def findings(results: Results, events: Mapping[str, str]) -> list[Finding]:
    """What the comparison found, most important first.

    Args:
        results: of `pmrl.experiments.comparison_numbers.as_dict`.
        events: key of each safety event -> what is counted; the first is judged for non-inferiority.
    """
    rows, best = results["policies"], results["best_rule"]
    learned = [name for name, row in rows.items() if row["kind"] == "learned"]
    found = []
    if best in rows:
        found.append(_best_rule(results, best))
        found += [_against_best(name, results, best) for name in learned]
    found += [text for name in learned for text in _against_bayesian(name, results)]
    if best in rows:
        if events:
            event = next(iter(events))
            found += [_safety(name, rows, best, event, events[event]) for name in learned]
        found += [text for name in learned for text in _by_genotype(name, results)]
        found += _straw_men(results, best)
    if not learned:
        found.append(Finding("fact", "No learned policy took part in this comparison."))
    return found


def _best_rule(results: Results, best: str) -> Finding:
    row = results["policies"][best]
    where = "chosen on validation patients" if results["best_rule_chosen_on"] else "named beforehand"
    return Finding(
        "fact",
        f"The best rule is {best} ({where}): {share(row['ttr'])} of days in range.{_net(row, results)}",
    )


def _net(row: Results, results: Results) -> str:
    """The same net of harm, where harm has a price."""
    return f" Less the price of harm: {share(row['net'])}." if results["primary"] == "net" else ""


def _against_best(name: str, results: Results, best: str) -> Finding:
    rows, primary = results["policies"], results["primary"]
    difference = rows[name]["difference_to_best_rule"][primary]
    if not exists(difference):
        return Finding("unclear", f"{name} could not be compared with {best}.")
    low, high = difference["ci"]
    size = number(100.0 * abs(difference["mean"]))
    interval = f"paired difference {points(difference)}"
    reached = f"{name} kept patients in range on {share(rows[name]['ttr'])} of days"
    if primary == "net":
        reached += f", {share(rows[name]['net'])} less the price of harm"
    if low > 0.0:
        return Finding("better", f"{reached}, {size} points more than the best rule: {interval}.")
    if high < 0.0:
        return Finding(
            "worse", f"{reached}, {size} points less than the best rule: {name} loses; {interval}."
        )
    return Finding("unclear", f"{reached}; no difference from the best rule could be shown: {interval}.")


def _against_bayesian(name: str, results: Results) -> list[Finding]:
    """Where a learned policy stands among the controllers that plan with the model: all that took part."""
    primary, against = results["primary"], results["policies"][name]["difference_to_model_based"]
    known = {other: row[primary] for other, row in against.items() if exists(row[primary])}
    if not known:
        return []
    behind = {other: one for other, one in known.items() if one["ci"][1] < 0.0}
    ahead = {other: one for other, one in known.items() if one["ci"][0] > 0.0}
    level = {other: one for other, one in known.items() if other not in behind and other not in ahead}
    groups = {"behind": behind, "ahead of": ahead, "not shown to differ from": level}
    said = [
        f"{word} {' and '.join(f'{other}, {points(one)}' for other, one in group.items())}"
        for word, group in groups.items()
        if group
    ]
    verdict: Verdict = "worse" if behind else "unclear" if level else "better"
    text = f"Bayesian controllers: in {MEASURES[primary]}, {name} is {'; '.join(said)}; paired differences."
    return [Finding(verdict, text)]


def _safety(name: str, rows: Results, best: str, event: str, label: str) -> Finding:
    difference = rows[name]["difference_to_best_rule"][event]
    of_days = label.startswith("days")
    margin, decimals = (float(NON_INFERIORITY), 2) if of_days else (0.0, 3)
    text = (
        f"{label[0].upper()}{label[1:]}: {name} {share(rows[name][event], decimals)}, best rule "
        f"{share(rows[best][event], decimals)}; paired difference {points(difference, decimals)}. "
    )
    limit = f"the margin of {number(100.0 * margin)} points"
    if not exists(difference):
        return Finding("unclear", text)
    low, high = difference["ci"]
    if high < 0.0:
        return Finding("better", text + f"{name} is safer by this measure.")
    if not of_days:
        worse = low > 0.0
        return Finding("worse" if worse else "unclear", text + (f"{name} does more harm." if worse else ""))
    if high <= margin:
        return Finding("better", text + f"{name} is not inferior: the interval stays within {limit}.")
    if low > margin:
        return Finding("worse", text + f"{name} is inferior: the interval lies beyond {limit}.")
    return Finding("unclear", text + f"Non-inferiority was not shown: the interval reaches beyond {limit}.")


def _by_genotype(name: str, results: Results) -> list[Finding]:
    """The genotype groups in which a policy does worst, and does worst against the best rule.

    Groups are many: how many intervals lie below 0 is held against how many would by chance.
    """
    primary = results["primary"]
    mine = {
        group: row
        for group, row in results["policies"][name]["by_genotype"].items()
        if exists(row["ttr"]) and exists(row["difference_to_best_rule"][primary])
    }
    if not mine:
        return []
    gain = {group: row["difference_to_best_rule"][primary] for group, row in mine.items()}
    least = min(gain, key=lambda group: float(gain[group]["mean"]))
    worst = min(mine, key=lambda group: float(mine[group]["ttr"]["mean"]))
    behind = sum(one["mean"] < 0.0 for one in gain.values())
    below = sum(one["ci"][1] < 0.0 for one in gain.values())
    by_chance = binom.sf(below - 1, len(mine), _BEHIND_BY_CHANCE)
    said = f", with an interval below 0 in {below}" if behind else ""
    if below:
        said += f" ({number(_BEHIND_BY_CHANCE * len(mine))} would be so by chance)"
    text = (
        f"By genotype: in {MEASURES[primary]}, {name} is behind the best rule in {behind} of {len(mine)} "
        f"groups{said}. Its gain is least in {least} ({mine[least]['n']} patients): {points(gain[least])}; "
        f"and its time in range lowest in {worst}: {share(mine[worst]['ttr'])}."
    )
    return [Finding("worse" if by_chance < _SIGNIFICANT else "unclear" if behind else "better", text)]


def _straw_men(results: Results, best: str) -> list[Finding]:
    """A benchmark in which random or maximum dosing does not lose badly is broken, and must say so."""
    rows, primary = results["policies"], results["primary"]
    what = MEASURES[primary]
    present = [name for name in STRAW_MEN if name in rows]
    if not present:
        return []
    lead = rows[best][primary]["mean"]
    values = ", ".join(f"{name} {share(rows[name][primary])}" for name in present)
    close = [name for name in present if lead - rows[name][primary]["mean"] < float(STRAW_MAN_MARGIN)]
    margin = f"{number(100 * float(STRAW_MAN_MARGIN), 0)} points"
    if close:
        return [
            Finding(
                "worse",
                f"The comparison is suspect: {' and '.join(close)} dosing comes within {margin} of the best "
                f"rule ({what}: {values}).",
            )
        ]
    return [
        Finding(
            "fact",
            f"The comparison tells good from bad: straw men lose by {margin} or more ({what}: {values}).",
        )
    ]
