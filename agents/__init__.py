"""The prescriber: everything that chooses a dose, behind one `Policy` protocol."""
