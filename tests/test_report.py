"""The report: self-contained, safe, and its sentences follow from the numbers."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser

import pytest
from small_comparison import BEST, LEARNING, N, comparison, results

from pmrl.experiments.figure_style import Illustration, blank
from pmrl.experiments.findings import findings
from pmrl.experiments.number_format import number, points, share
from pmrl.experiments.report import NOTICE, report, write_report
from pmrl.experiments.run import manifest

EVENTS = {"inr_above_4": "days with INR > 4", "inr_above_5": "days with INR > 5"}
CONFIG = {"policies": ["a", "b"], "scenario": {"days": None, "model": "hamberg-2010"}}
AGREEMENT = {
    "n": 10,
    "mae_mg_week": 8.31,
    "bias_log": 0.02,
    "log_sd": 0.38,
    "r2": None,
    "within_20": 0.47,
    "in_sample": True,
}
ANCHOR = {
    "model": "hamberg-2010",
    "what": "INR day 1",
    "expected": 1.1,
    "got": 1.2,
    "tolerance": 0.01,
    "source": "a port",
}
VALIDATION = {
    "n": 10,
    "n_recorded": 12,
    "parameters": {"iwpc": AGREEMENT},
    "algorithms": {"gage": {**AGREEMENT, "in_sample": False}},
    "leave_one_site_out": None,
    "anchors": [{**ANCHOR, "ok": True}, {**ANCHOR, "what": "INR day 9", "ok": False}],
}


class Page(HTMLParser):
    """What a page refers to, and whether its elements are closed."""

    void = frozenset({"meta", "img", "wbr", "br", "hr", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        if tag not in self.void:
            self.open.append(tag)
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        self.links += [
            v or "" for k, v in attrs if k in ("src", "href", "srcset", "data", "action", "poster")
        ]

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    figure = Illustration("one", "A figure", "How to read it.", blank(2.0, 1.0))
    return report(
        comparison(),
        results(),
        LEARNING,
        VALIDATION,
        manifest("demo --seed 5", 5, config=CONFIG),
        [figure],
        "Demo",
    )


def test_the_page_needs_nothing_else(page) -> None:
    found = Page(page)
    assert found.open == []
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= found.ids
    assert not found.tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search(r"\son\w+=", page)


def test_the_notice_is_at_top_and_bottom(page) -> None:
    assert page.count(NOTICE) == 2
    assert page.index(NOTICE) < page.index("Key findings")
    assert page.rindex(NOTICE) > page.index("Licence and attribution")


def test_names_cannot_become_markup(page) -> None:
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page


def test_every_section_and_number_is_there(page) -> None:
    for section in (
        "findings",
        "done",
        "policies",
        "figures",
        "methods",
        "evidence",
        "limitations",
        "reproduce",
    ):
        assert f'<section id="{section}">' in page
    assert f"{N} simulated patients" in page
    assert "pmrl demo --seed 5" in page
    assert "1 of 2 published or independently computed" in page
    assert "INR day 9" in page
    assert "<dt>policies</dt><dd>a, b</dd>" in page
    assert "<dt>scenario</dt><dd>model = hamberg-2010</dd>" in page
    assert "CC BY-SA 4.0" in page
    assert "Hamberg 2010" in page
    for name, row in results()["policies"].items():
        if name != "<script>":
            assert f"{100 * row['ttr']['mean']:.1f}" in page


def test_optional_parts_may_be_missing() -> None:
    page = report(comparison(), results(), figures=[])
    assert '<section id="evidence">' not in page
    assert '<section id="training">' not in page
    assert Page(page).open == []


def test_a_policy_that_loses_is_said_to_lose() -> None:
    found = {entry.text: entry.verdict for entry in findings(results(), EVENTS)}
    lost = next(text for text in found if text.startswith("<script> kept"))
    assert "loses" in lost
    assert found[lost] == "worse"
    assert "points less than the best rule" in lost
    inferior = next(text for text in found if "Days with INR > 4: <script>" in text)
    assert found[inferior] == "worse"
    won = next(text for text in found if text.startswith("better kept"))
    assert "loses" not in won


@pytest.mark.parametrize(
    ("mean", "low", "high", "verdict", "words"),
    [
        (0.05, 0.03, 0.07, "better", "5.0 points more"),
        (0.01, -0.01, 0.03, "unclear", "no difference from the best rule could be shown"),
        (-0.05, -0.07, -0.03, "worse", "loses"),
        (float("nan"), float("nan"), float("nan"), "unclear", "could not be compared"),
    ],
)
def test_the_sentence_follows_the_interval(mean, low, high, verdict, words) -> None:
    changed = copy.deepcopy(results())
    changed["policies"]["better"]["difference_to_best_rule"]["ttr"] = {"mean": mean, "ci": [low, high]}
    found = next(f for f in findings(changed, EVENTS) if f.text.startswith("better ") and words in f.text)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (-0.004, -0.001, "better", "safer"),
        (-0.001, 0.0029, "better", "not inferior"),
        (-0.001, 0.0031, "unclear", "not shown"),
        (0.004, 0.006, "worse", "is inferior"),
    ],
)
def test_safety_is_judged_by_the_margin(low, high, verdict, words) -> None:
    changed = copy.deepcopy(results())
    difference = {"mean": (low + high) / 2, "ci": [low, high]}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = difference
    found = next(f for f in findings(changed, EVENTS) if "INR > 4: better" in f.text)
    assert (found.verdict, words in found.text) == (verdict, True)


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(1e-4, 2e-4, "worse"), (-2e-4, -1e-4, "better"), (-1e-4, 1e-4, "unclear")]
)
def test_harm_by_patient_has_no_margin(low, high, verdict) -> None:
    changed = copy.deepcopy(results())
    difference = {"mean": (low + high) / 2, "ci": [low, high]}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = difference
    found = next(
        f
        for f in findings(changed, {"inr_above_4": "patients with myopathy"})
        if "myopathy: better" in f.text
    )
    assert found.verdict == verdict
    assert "margin" not in found.text


def test_a_comparison_that_straw_men_survive_is_suspect() -> None:
    assert any("tells good from bad" in f.text for f in findings(results(), EVENTS))
    changed = copy.deepcopy(results())
    changed["policies"]["maximum"]["ttr"]["mean"] = changed["policies"][BEST]["ttr"]["mean"] - 0.1
    suspect = next(f for f in findings(changed, EVENTS) if "suspect" in f.text)
    assert suspect.verdict == "worse"
    assert "maximum dosing" in suspect.text


def test_without_a_learned_policy_the_page_says_so() -> None:
    changed = copy.deepcopy(results())
    for name in ("better", "<script>"):
        del changed["policies"][name]
    assert [f.text for f in findings(changed, EVENTS)][-1].startswith("No learned policy")


def test_what_was_not_measured_is_not_said() -> None:
    changed = copy.deepcopy(results())
    for name in ("random", "minimum", "maximum"):
        del changed["policies"][name]
    changed["policies"]["better"]["by_genotype"] = {}
    nothing = {"mean": float("nan"), "ci": [float("nan")] * 2}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = nothing
    found = findings(changed, EVENTS)
    assert not any("straw men" in f.text or "suspect" in f.text for f in found)
    assert not any(f.text.startswith("By genotype: better") for f in found)
    unclear = next(f for f in found if "INR > 4: better" in f.text)
    assert unclear.verdict == "unclear"
    # Without events no safety is judged, and without the best rule nothing is held against it.
    assert not any("INR > 4" in f.text for f in findings(changed, {}))
    del changed["policies"][BEST]
    assert findings(changed, EVENTS) == []


def test_numbers() -> None:
    estimate = {"mean": 0.6812, "ci": [0.669, 0.692]}
    assert share(estimate) == "68.1% (66.9 to 69.2)"
    assert points({"mean": -0.0001, "ci": [-0.01, 0.02]}) == "0.0 points (-1.0 to +2.0)"
    assert share({"mean": None, "ci": [None, None]}) == share(None) == number(float("nan")) == "–"


def test_the_page_is_written_whole(tmp_path) -> None:
    path = write_report(tmp_path / "new" / "report.html", comparison(), results(), figures=[])
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
