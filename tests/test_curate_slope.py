"""CURATE.AI where the fitted response has the wrong sign."""

from __future__ import annotations

from test_curate import next_doses, visit_of


def test_where_more_drug_seems_to_do_less_the_protocol_stays_in_charge() -> None:
    """INR falls with the dose in the first patient; in the second it rises, and the parabola chooses."""
    given = [[4.0, 5.0, 6.0], [4.0, 5.0, 6.0]]
    visit = visit_of(given, [[1.0, 3.2, 2.6, 1.8], [1.0, 1.2, 1.5, 1.8]])
    kept, fitted = next_doses(visit, [[6.5], [6.5]])
    assert kept == 6.5
    assert fitted > 6.5
