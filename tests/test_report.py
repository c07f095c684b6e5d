"""The report: self-contained, safe, and its sentences follow from the numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from small_comparison import LEARNING, N, comparison, results

from pmrl.experiments.figure_style import Illustration, blank
from pmrl.experiments.number_format import number, points, share
from pmrl.experiments.report import NOTICE, report, write_report
from pmrl.experiments.run import manifest

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


def test_numbers() -> None:
    estimate = {"mean": 0.6812, "ci": [0.669, 0.692]}
    assert share(estimate) == "68.1% (66.9 to 69.2)"
    assert points({"mean": -0.0001, "ci": [-0.01, 0.02]}) == "0.0 points (-1.0 to +2.0)"
    assert share({"mean": None, "ci": [None, None]}) == share(None) == number(float("nan")) == "–"


def test_the_page_is_written_whole(tmp_path) -> None:
    path = write_report(tmp_path / "new" / "report.html", comparison(), results(), figures=[])
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
