"""Days of low fasting glucose: the proxy of hypoglycaemia of both diabetes models."""

from __future__ import annotations

from pmrl.compiled import HARM, of_model
from pmrl.parameter import Parameter

HYPOGLYCAEMIA = Parameter(3.9, "mmol/L", "usual care of type-2 diabetes, from memory", "recalled")
_LIMIT = float(HYPOGLYCAEMIA)


@of_model(HARM)
def low_glucose(dose, y, p):  # type: ignore[no-untyped-def]
    """1 for a day that ends with fasting glucose below the limit, else 0; glucose is the third state."""
    fpg = y[2]
    return 1.0 if fpg < _LIMIT else 0.0
