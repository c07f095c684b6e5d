"""pmrl: the laboratory for precision dosing with reinforcement learning. Research use only, never for patient care."""

__version__ = "0.1.0"
