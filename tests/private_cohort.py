"""A small file of made-up patients, one of whom anybody could recognise."""

from __future__ import annotations

from pathlib import Path

HEADER = "record,sex,race,age_decade,height_cm,weight_kg,amiodarone,enzyme_inducer,smoker,cyp2c9,vkorc1_1639"
RARE = "MRN-4711,F,Black,90,141.37,213.93,1,0,1,*6/*11,A/A"
"""Her height, weight and genotype are nobody else's."""
MARKS = ("MRN-", "141.37", "213.93", "*6/*11", "*6", "*11", "Black,90")
"""What must not be found in a folder."""
COMMON = (
    "M,White,60,175,80,0,0,0,*1/*1,G/G",
    "F,White,70,165,70,0,0,0,*1/*1,G/A",
    "M,Asian,50,170,65,0,0,0,*1/*2,G/A",
)


def write_cohort(path: Path, each: int = 6) -> Path:
    """A cohort CSV: `each` of three common kinds of patients, who differ by a gram, and the rare one."""
    rows = []
    for kind, line in enumerate(COMMON):
        *before, weight = line.split(",")[:5]
        for k in range(each):
            cells = [
                f"MRN-{1000 * kind + k}",
                *before,
                f"{float(weight) + 0.001 * k:.3f}",
                *line.split(",")[5:],
            ]
            rows.append(",".join(cells))
    path.write_text("\n".join([HEADER, *rows[:7], RARE, *rows[7:]]) + "\n")
    return path
