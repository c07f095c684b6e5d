"""The warfarin algorithm of the RE-LY trial.

Van Spall 2012, Circulation 126:2309: change of the weekly dose by INR. The held day at INR 4-4.99 and the
hold at 5 and above until the INR is 2-3 are recalled from the original, and the retest intervals are this
project's (the trial asked for one at least every 4 weeks).
"""

from __future__ import annotations

from pmrl.agents.titration import Band, BandTable

FIRST_DAY = 3
"""The algorithm is for titration; this project lets the start rule dose on the first three days."""

_WEEK = (7,)

TABLE = BandTable(
    bands=(
        Band(0.0, "far below", (1.15,), _WEEK),
        Band(1.51, "below", (1.10,), _WEEK),
        Band(2.00, "in range", (1.0,), (7, 14, 28)),
        Band(3.01, "above", (0.90,), _WEEK),
        Band(4.00, "above", (0.90,), _WEEK, first_days=(0.0,)),
        Band(5.00, "critical", (0.85,), (2,), first_days=(0.0, 0.0), holds=True),
    ),
    release_below=3.01,
    released_retest_days=7,
    source="Van Spall 2012, Circulation 126:2309; holds recalled, retest intervals assumed",
    status="recalled",
)
