"""The commands about evidence: validate, calibrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from pmrl.envs.registry import therapy
from pmrl.errors import InputError
from pmrl.experiments.disclosure import SMALLEST_CELL
from pmrl.experiments.output import Output, progress_bar
from pmrl.experiments.printing import say

# Measure -> digits shown.
_AGREEMENT = {"mae_mg_week": 2, "bias_log": 3, "log_sd": 3, "r2": 3, "within_20": 3}


def run_validate(drug: str, cohort: str, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Predicted against recorded doses, and all anchors."""
    from pmrl.experiments.agreement import withheld
    from pmrl.experiments.validation import validate

    output = Output("validate", out, json_file, seed, [cohort])
    therapy(drug)
    if drug != "warfarin":
        _validate_by_anchors(drug, output)
        return
    table = _recorded(cohort)
    with output.keeping_faults(), progress_bar("validating") as advance:
        found = validate(table, progress=advance)
    smallest = 1 if cohort == "iwpc" else int(SMALLEST_CELL.value)
    for group in ("parameters", "algorithms"):
        found[group] = {name: withheld(row, smallest) for name, row in found[group].items()}
    shown = Table(
        "prediction", "n", "MAE mg/week", "bias (log)", "log-SD", "R2", "within 20%", title="Maintenance dose"
    )
    for group, what in (("parameters", "set"), ("algorithms", "algorithm")):
        for name, row in found[group].items():
            shown.add_row(
                f"{what} {name}", str(row["n"]), *(
                    "-" if row[key] is None else f"{row[key]:.{digits}f}"
                    for key, digits in _AGREEMENT.items()
                ),
            )  # fmt: skip
    say(shown)
    held_out = found.get("leave_one_site_out")
    if held_out:
        say(
            f"leave one site out: MAE {held_out['mae_mg_week']:.2f} mg/week, "
            f"log-SD {held_out['log_sd']:.3f}, sites with >= 80 patients and |bias| > 0.20: "
            f"{held_out['misses'] or 'none'}"
        )
    _print_anchors(found["anchors"])
    if output.folder is not None:
        from pmrl.experiments.figures_validation import draw_validation

        draw_validation(table, output.folder, smallest)
    output.finish(found)


def _validate_by_anchors(drug: str, output: Output) -> None:
    """Every published result that the drug's models name, and what they give."""
    from pmrl.experiments.validation import anchors

    with output.keeping_faults():
        found = anchors(drug)
    table = Table(
        "result", "published", "model", "tolerance", "", "source", title=f"{drug}: published results"
    )
    for anchor in found:
        shown = "holds" if anchor["ok"] else "MISS"
        table.add_row(
            anchor["what"], f"{anchor['expected']:g}", f"{anchor['got']:.4g}", f"{anchor['tolerance']:g}",
            shown, anchor["source"],
        )  # fmt: skip
    say(table)
    _print_anchors(found)
    output.finish({"anchors": found})


def _print_anchors(found: Sequence[Mapping[str, Any]]) -> None:
    misses = [anchor for anchor in found if not anchor["ok"]]
    say(f"anchors: {len(found) - len(misses)} of {len(found)} hold")
    for anchor in misses:
        why = f" ({anchor['known_miss']})" if anchor["known_miss"] else ""
        say(f"  miss: {anchor['what']}: expected {anchor['expected']:g}, got {anchor['got']:.4g}{why}")


def _recorded(cohort: str) -> Any:
    from pmrl import iwpc
    from pmrl.cohort_reading import read_table

    return iwpc.load() if cohort == "iwpc" else read_table(cohort, needs=("stable", "dose_mg_week"))


def run_calibrate(drug: str, cohort: str, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Refit the default parameter set and hold it against the shipped file.

    Raises:
        InputError: the drug's parameter sets are not calibrated.
    """
    from pmrl.experiments.calibration import FILE, calibrate, reproduces
    from pmrl.models.calibration_file import read_calibration

    therapy(drug)
    if drug != "warfarin":
        raise InputError(f"calibrate {drug}: only warfarin comes with recorded doses; give warfarin")
    output = Output("calibrate", out, json_file, seed, [cohort])
    table = _recorded(cohort)
    with output.keeping_faults(), progress_bar("calibrating") as advance:
        refit = calibrate(table, progress=advance)
    shipped = read_calibration(FILE)
    same = reproduces(shipped, refit.record) if cohort == "iwpc" else {}
    shown = Table(
        "number", "refitted", "shipped", "standard error", "reproduced", title="Hamberg 2010, set iwpc"
    )
    for name, value in refit.fitted.items():
        error = refit.record["standard_errors"].get(name)
        shown.add_row(
            name,
            f"{value:.6g}",
            f"{shipped['fitted'][name]:.6g}",
            "-" if error is None else f"{error:.3g}",
            ("yes" if same[name] else "NO") if name in same else "-",
        )
    say(shown)
    output.finish({**refit.record, "shipped": shipped["fitted"], "reproduced": same or None})
