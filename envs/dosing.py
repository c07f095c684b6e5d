"""The generic dosing environments: a native batch, and one patient at a time."""

from pmrl.envs.dosing_env import DosingEnv
from pmrl.envs.dosing_vector import DosingVectorEnv

__all__ = ["DosingEnv", "DosingVectorEnv"]
