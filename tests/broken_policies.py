"""Policies of a user that do not work."""

import numpy as np

from pmrl.envs.visit import Prescription


class NotANumber:
    """Prescribes NaN."""

    name, kind = "broken", "rule"

    def __init__(self, therapy):
        self.therapy = therapy

    def start(self, visit):
        visit.day[:] = 0  # must not move the clinic's clock

    def prescribe(self, visit):
        return Prescription.constant(np.full(len(visit), np.nan))


class Nothing(NotANumber):
    """Prescribes nothing."""

    def prescribe(self, visit):
        return None
