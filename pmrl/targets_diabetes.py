"""What both diabetes therapies aim at: one HbA1c, without a lower end."""

from __future__ import annotations

from pmrl.parameter import Parameter

_MEMORY = "usual care of type-2 diabetes, from memory"
TARGET_LOW = Parameter(0.0, "% HbA1c", "no lower end: the models know no harm of a low HbA1c", "assumption")
TARGET_HIGH = Parameter(7.0, "% HbA1c", _MEMORY, "recalled")
POOR_CONTROL = Parameter(9.0, "% HbA1c", _MEMORY, "recalled")
LOOK_EVERY = Parameter(84.0, "days", _MEMORY + ": HbA1c every three months", "recalled")
