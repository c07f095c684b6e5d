"""The clinic: one generic Gymnasium environment and one therapy per file. Importing it registers the ids."""

from pmrl.envs.registry import register_all

register_all()
