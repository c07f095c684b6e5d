"""The clinic: one generic Gymnasium environment and one therapy per file."""
