"""Body size from height, weight and sex: surface area and fat-free mass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
_MOSTELLER = "Mosteller 1987, N Engl J Med 317:1098, from memory"
_JANMAHASATIAN = "Janmahasatian 2005, Clin Pharmacokinet 44:1051, from memory"
SURFACE = Parameter(3600.0, "cm kg/m4", _MOSTELLER, "recalled")
FAT_FREE = Parameter(9270.0, "kg/m2", _JANMAHASATIAN, "recalled")
BASE = tuple(Parameter(x, "kg/m2", _JANMAHASATIAN, "recalled") for x in (6680.0, 8780.0))
"""Of men and of women."""
SLOPE = tuple(Parameter(x, "per BMI", _JANMAHASATIAN, "recalled") for x in (216.0, 244.0))
"""Of men and of women."""


def body_mass_index(height_cm: Floats, weight_kg: Floats) -> Floats:
    """kg/m2, `(n_patients,)`."""
    return np.asarray(weight_kg / (height_cm / 100.0) ** 2)


def surface_area(height_cm: Floats, weight_kg: Floats) -> Floats:
    """Body surface area by Mosteller, m2, `(n_patients,)`.

    >>> surface_area(np.array([180.0]), np.array([80.0])).tolist()
    [2.0]
    """
    return np.sqrt(height_cm * weight_kg / float(SURFACE))


def fat_free_mass(height_cm: Floats, weight_kg: Floats, female: Floats) -> Floats:
    """Lean body by Janmahasatian, kg, `(n_patients,)`; `female` is 0 or 1.

    >>> height, weight, female = np.array([173.0, 164.0]), np.array([77.5, 68.0]), np.array([0.0, 1.0])
    >>> fat_free_mass(height, weight, female).round(1).tolist()
    [58.5, 42.2]
    """
    base, slope = (np.where(female > 0.0, float(women), float(men)) for men, women in (BASE, SLOPE))
    return np.asarray(float(FAT_FREE) * weight_kg / (base + slope * body_mass_index(height_cm, weight_kg)))
