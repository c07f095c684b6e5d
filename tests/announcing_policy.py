"""A policy that says when it has come some way into a cohort."""

import numpy as np

from pmrl.envs.visit import Prescription

FROM = 640
"""Patients from here on are begun after several chunks of 64 were finished, also with two threads."""


class Announcing:
    """Five mg for everybody."""

    name, kind = "announcing", "model-based"

    def __init__(self, therapy):
        self.said = False

    def start(self, visit):
        if visit.ids[0] >= FROM:
            # In one piece: two threads may say so at once.
            print("begun\n", end="", flush=True)  # noqa: T201 - the test waits for it

    def prescribe(self, visit):
        return Prescription.constant(np.full(len(visit), 5.0))
