"""The Intermountain protocol: zones of the INR, with boosts and half doses.

Anderson 2007 (CoumaGen), Circulation 116:2563, supplement appendix B, through ReiL intermountain.py and its
worked sheet. It applies from protocol day 8 on (episode day 7); the Ravvaz arm PGPGI uses it from day 6.
"""

from __future__ import annotations

from pmrl.agents.titration import Band, BandTable

FIRST_DAY = 7

_DOUBLE, _AND_A_HALF, _HALF, _NONE = (2.0,), (1.5,), (0.5,), (0.0,)

TABLE = BandTable(
    bands=(
        Band(0.0, "action point low", (1.10,), (5, 14), first_days=_DOUBLE),
        Band(1.60, "red zone low", (1.05,), (7, 14), first_days=_AND_A_HALF),
        Band(1.80, "yellow zone low", (1.0, 1.05), (14, 14)),
        Band(2.00, "green zone", (1.0,), (14, 28)),
        Band(3.01, "yellow zone high", (1.0, 0.95), (14, 14)),
        Band(3.40, "red zone high", (0.90,), (7, 14), first_days=_HALF),
        Band(4.00, "red zone high", (0.90,), (7, 14), first_days=_NONE),
        Band(5.00, "action point high", (0.85,), (2,), first_days=(0.0, 0.0), holds=True),
    ),
    release_below=3.40,
    released_retest_days=7,
    source="Anderson 2007, Circulation 116:2563, supplement appendix B, through ReiL intermountain.py",
    status="published",
)
