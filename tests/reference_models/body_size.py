"""Size of a body by the usual formulas, which the papers use without printing them.

Mosteller 1987 (N Engl J Med 317:1098) and Janmahasatian 2005 (Clin Pharmacokinet 44:1051), from memory: the
science documents name them and give no coefficients.
"""

from __future__ import annotations


def surface_m2(height_cm: float, weight_kg: float) -> float:
    return (height_cm * weight_kg / 3600.0) ** 0.5


def fat_free_kg(height_cm: float, weight_kg: float, female: float) -> float:
    bmi = weight_kg / (height_cm / 100.0) ** 2
    return 9270.0 * weight_kg / (8780.0 + 244.0 * bmi if female else 6680.0 + 216.0 * bmi)
