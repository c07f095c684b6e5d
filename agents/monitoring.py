"""Drug monitoring: a start by what is known of the patient, then doses in proportion to target over level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pmrl.agents.composed import Sequence
from pmrl.agents.policy import Policy
from pmrl.agents.proportional import Proportional
from pmrl.agents.stage import Start
from pmrl.envs.therapy import Therapy
from pmrl.parameter import Parameter

_TDM = "usual drug monitoring, from memory: the dose times target over level, by at most half"
MOST = Parameter(0.5, "of the dose, at one visit", _TDM, "recalled")
PROTOCOLS: Mapping[str, tuple[bool, str]] = {
    "tdm": (False, ""),
    "tdm-outside": (True, "; a level in range is left alone (ours)"),
}
"""Whether a level in range is left alone, and how that is said."""


def monitored(starts: Mapping[str, Start], first_day: int) -> dict[str, Callable[[Therapy], Policy]]:
    """Every start followed by every protocol, by name.

    Args:
        starts: by name.
        first_day: on which a level is acted on.
    """
    return {
        f"{start}+{protocol}": partial(_monitored, f"{start}+{protocol}", starts[start], protocol, first_day)
        for protocol in PROTOCOLS
        for start in starts
    }


def _monitored(name: str, start: Start, protocol: str, first_day: int, therapy: Therapy) -> Policy:
    leaves_in_range, how = PROTOCOLS[protocol]
    later = ((first_day, Proportional(MOST, first_day, leaves_in_range)),)
    return Sequence(name, start, later, f"{start.source}; {_TDM}{how}")
