"""Figures: labelled, legible, honest in whom they show, and the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text
from small_comparison import BEST, LEARNING, N, comparison, results

from pmrl.agents.registry import policy
from pmrl.envs.warfarin import THERAPY
from pmrl.errors import InputError
from pmrl.experiments.figure_style import looks, png, save
from pmrl.experiments.figures import illustrations
from pmrl.experiments.figures_courses import instructive_patients, sensitivity_classes
from pmrl.experiments.figures_learning import learning_curves
from pmrl.experiments.figures_policies import compared, ranked, ttr_by_policy
from pmrl.experiments.heat_map import WARFARIN_GENOTYPES, dose_changes, steady_visit

NAMES = (
    "ttr_by_policy",
    "safety",
    "ttr_by_genotype",
    "gain_by_genotype",
    "patient_courses",
    "learning_curves",
    "dose_heat_maps",
)


@pytest.fixture(scope="module")
def drawn():
    found = {entry.name: entry for entry in illustrations(comparison(), results(), LEARNING)}
    for entry in found.values():
        entry.figure.canvas.draw()
    return found


def boxes(texts: list[Text]):
    return [text.get_window_extent() for text in texts if text.get_visible() and text.get_text()]


def overlap(first, second) -> bool:
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return width > 1.0 and height > 1.0


def test_every_figure_is_there_with_a_caption(drawn) -> None:
    assert tuple(drawn) == NAMES
    assert all(len(entry.caption) > 80 and "{" not in entry.caption for entry in drawn.values())


@pytest.mark.parametrize("name", NAMES)
def test_axes_are_labelled(drawn, name) -> None:
    figure = drawn[name].figure
    for axes in figure.axes:
        labels = [axes.get_xlabel(), axes.get_ylabel()]
        shares = axes.get_shared_x_axes().joined, axes.get_shared_y_axes().joined
        named = [other for other in figure.axes if shares[0](axes, other) and other.get_xlabel()]
        assert labels[0] or named or axes.get_label() == "<colorbar>"
        named = [other for other in figure.axes if shares[1](axes, other) and other.get_ylabel()]
        assert labels[1] or named


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_and_nothing_is_cut_off(drawn, name) -> None:
    figure = drawn[name].figure
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [
                t for t in axis.get_major_ticks() if low <= t.get_loc() <= high and t.label1.get_visible()
            ]
            found = boxes([tick.label1 for tick in ticks])
            pairs = [(a, b) for k, a in enumerate(found) for b in found[k + 1 :] if overlap(a, b)]
            assert not pairs, f"{name}: tick labels overlap"
            for box in boxes([*(tick.label1 for tick in ticks), axis.label]):
                assert box.x0 >= -1 and box.x1 <= figure.bbox.width + 1, f"{name}: a label is cut off"  # noqa: PT018
    titles = boxes([axes.title for axes in figure.axes] + [axes._left_title for axes in figure.axes])
    assert not [1 for k, a in enumerate(titles) for b in titles[k + 1 :] if overlap(a, b)]


def test_policies_are_ranked_by_time_in_range() -> None:
    means = [results()["policies"][name]["ttr"]["mean"] for name in ranked(results())]
    assert means == sorted(means, reverse=True)
    labels = [text.get_text() for text in ttr_by_policy(results()).axes[0].get_yticklabels()]
    assert labels[-1].startswith(ranked(results())[0])
    assert f"{BEST}† (best rule)" in labels


def test_small_figures_show_learned_best_and_fixed() -> None:
    assert {"better", "<script>", BEST, "fixed"} <= set(compared(results()))
    assert len(compared(results())) <= 6
    found = looks(compared(results()), results())
    assert len({(look.colour, look.marker) for look in found.values()}) == len(found)


def test_patients_are_chosen_by_the_best_rule_only() -> None:
    chosen = instructive_patients(comparison())
    assert len(chosen) == len({patient.row for patient in chosen}) == 4
    arms = dict(comparison().arms)
    arms["better"] = replace(arms["better"], outcomes={"ttr": np.zeros(N)})
    assert instructive_patients(replace(comparison(), arms=arms)) == chosen
    ttr = arms[BEST].outcomes["ttr"]
    for patient, mask in zip(
        chosen, sensitivity_classes(comparison().cohort, THERAPY).values(), strict=False
    ):
        assert mask[patient.row]
        assert (ttr[mask] < ttr[patient.row]).sum() <= mask.sum() / 2
        assert (ttr[mask] > ttr[patient.row]).sum() <= mask.sum() / 2 + 1
    arms[BEST] = replace(arms[BEST], outcomes={"ttr": -ttr})
    assert instructive_patients(replace(comparison(), arms=arms)) != chosen


def test_every_patient_has_one_sensitivity_class() -> None:
    masks = np.stack(list(sensitivity_classes(comparison().cohort, THERAPY).values()))
    assert masks.sum(axis=0).tolist() == [1] * N


def test_heat_map_of_a_protocol_holds_in_range_and_turns_at_its_edges() -> None:
    found = dose_changes(policy("aurora", THERAPY), THERAPY, WARFARIN_GENOTYPES[0])
    inside = (found.labs > 2.05) & (found.labs < 2.95)
    high_doses = found.doses >= 5.0
    assert np.allclose(found.change[:, inside], 0.0)
    assert (found.change[np.ix_(high_doses, found.labs < 1.9)] > 0.0).all()
    assert (found.change[np.ix_(high_doses, found.labs > 3.1)] < 0.0).all()


def test_heat_map_of_a_fixed_dose_pulls_to_that_dose() -> None:
    found = dose_changes(policy("fixed", THERAPY), THERAPY, WARFARIN_GENOTYPES[1])
    assert np.allclose(found.doses[:, None] * (1.0 + found.change), THERAPY.standard_dose)


def test_the_made_up_visit_is_what_its_description_says() -> None:
    visit = steady_visit(
        THERAPY, {"CYP2C9": "*1/*3", "VKORC1": "A/A"}, np.array([2.2, 3.4]), np.array([2.0, 5.0])
    )
    assert visit.day.tolist() == [42, 42]
    assert visit.interval_days.tolist() == [7, 7]
    assert visit.lab.tolist() == [2.2, 3.4]
    assert visit.previous("dose").tolist() == [2.0, 5.0]
    assert visit.previous("lab", back=4).tolist() == [2.2, 3.4]
    assert visit.covariates["weight_kg"].tolist() == [75.0, 75.0]
    assert visit.allele_count("VKORC1", "A").tolist() == [2.0, 2.0]
    assert np.isnan(visit.history.daily_dose[:, 42:]).all()


def test_no_curve_is_an_error() -> None:
    with pytest.raises(InputError, match="train at least one policy"):
        learning_curves({"ppo": []}, {})


def test_files(tmp_path) -> None:
    figure = learning_curves(LEARNING, looks(LEARNING, results()))
    assert png(figure).startswith(b"\x89PNG")
    assert save(figure, tmp_path / "curves").name == "curves.png"
    assert b"<svg" in save(figure, tmp_path / "deep" / "curves.svg").read_bytes()
    with pytest.raises(InputError, match=r"figure format '\.doc'"):
        save(figure, tmp_path / "curves.doc")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save(figure, tmp_path / "file" / "curves.png")


def test_the_same_numbers_give_the_same_picture() -> None:
    first, second = (png(ttr_by_policy(results())) for _ in range(2))
    assert first == second
