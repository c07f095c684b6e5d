"""What the equations and the propagator of `pmrl.models.allopurinol_wright_2016` share."""

from __future__ import annotations

from pmrl.parameter import Parameter

_OURS = "choice of this project, see the text of pmrl.models.allopurinol_wright_2016"
MOLAR_MASS = Parameter(136.11, "g/mol", "of allopurinol", "published")
START_DAYS = Parameter(
    28.0, "days with drug that are the start: until the first monthly step", _OURS, "assumption"
)
TRACE = Parameter(0.1, "mg in the body, from which on a day counts as with drug", _OURS, "assumption")
AVERAGED = Parameter(24.0, "h over which urate averages oxypurinol", _OURS, "assumption")
UMOL_PER_MG, AVERAGED_HOURS = 1000.0 / float(MOLAR_MASS), float(AVERAGED)
START, TRACE_MG = float(START_DAYS), float(TRACE)
