"""`python -m reference_models`, run in `tests`: write `tests/data/reference_models.csv` anew."""

from __future__ import annotations

import csv

from reference_models import REFERENCES
from reference_models.table import FILE, HEADER, rows


def main() -> None:
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for reference in REFERENCES.values():
            writer.writerows(rows(reference))


if __name__ == "__main__":
    main()
