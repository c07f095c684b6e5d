"""How probable an imagined patient makes a lab."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.therapy import Therapy
from pmrl.variability import Variability

Floats = NDArray[np.float64]
UNLIKELY = -15.0
"""Log-likelihood below which nothing is believed impossible: models are wrong and labs get mixed up."""


def log_likelihood(
    therapy: Therapy, latent: Floats, lab: Floats, variability: Variability | None = None
) -> Floats:
    """Of labs `(n,)` by true biomarkers `(n, any)`, up to a constant; 0 where there is no lab.

    Log-normal, or normal where the assay has an error on top; never below `UNLIKELY`.
    """
    error, seen = variability or therapy.variability, np.isfinite(lab)
    y = np.where(seen, lab, 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if error.assay_error > 0.0:
            sd = np.hypot(error.assay_sd * latent, error.assay_error)
            found = -0.5 * ((y - latent) / sd) ** 2 - np.log(sd / error.assay_error)
        else:
            found = -0.5 * (np.log(y / latent) / error.assay_sd) ** 2
    # Without drug in the body a level of 0 says nothing.
    nothing = (y <= therapy.biomarker_range[0]) & (latent <= therapy.biomarker_range[0])
    found = np.where(nothing, 0.0, np.nan_to_num(found, nan=UNLIKELY, neginf=UNLIKELY))
    return np.where(seen[:, None], np.maximum(found, UNLIKELY), 0.0)
