"""Captions: what each figure shows and how to read it."""

from __future__ import annotations

MEASURES = {"ttr": "time in range", "net": "time in range less the price of harm"}
"""Primary outcomes in words."""
TTR_BY_POLICY = """
Share of days with {biomarker} in range ({target}){net}: further right is better. Bars are 95% confidence
intervals over {patients} patients, who are the same for every policy, so a small difference can be certain
although bars overlap: see the paired differences in the table. The dotted line is the best rule. On the
right: days below range (too little effect) and above it (too much). {in_sample}
"""
IN_SAMPLE = (
    "{mark} starts from an equation that was derived on the patients the test patients come from (in-sample)."
)
SAFETY = """
Share of {events}: further left is safer, the safest at the top. The dotted line is the best rule.
Axes are linear up to {linear}% and logarithmic above. {straw_men}
"""
STRAW_MEN = "Straw men are not drawn ({event}: {values})."
GROUPS = """
Patients by their true genotype, the largest group first; groups of fewer than {smallest} patients are left
out.{private}"""
TTR_BY_GENOTYPE = """
{groups} A policy that serves all alike has its markers one below the other all the way down. Groups are
small: look at the intervals before the means.
"""
GAIN_BY_GENOTYPE = """
Paired differences, as every policy treats the same patients: right of the dotted line the learned policy
does better. {bayesian} {groups} Of so many intervals one in twenty misses by chance.
"""
STRONGEST = """
Of the Bayesian controllers, {name} is drawn, as it does best on these very patients, which is to its
advantage."""
PRIVATE_GROUPS = (
    " So are groups behind which there are fewer than {smallest_cell} recorded patients, and the next "
    "smallest where a single one would follow from the others."
)
SELECTION_RULE = """
For each class of genetic sensitivity, the patient whose time in range under the best rule is the median of
the class; and, as one who is hard to treat, the patient at the tenth percentile of all. No other policy's
results enter the choice.{among}
"""
AMONG_THE_FIRST = " The choice is among the first {kept} patients, of whom every result was kept."
PATIENT_COURSES = """
True {biomarker} above and the prescribed dose below, under each policy; markers are visits. The clinic sees
the value with assay error, and only at visits. Each patient misses the same days under every policy. Who is
shown: {selection}
"""
LEARNING_CURVES = """
Time in range on validation patients while each policy is trained; the policy of the best point was kept.
{line} One step is one visit of one patient. One training run each: another seed gives another curve.
"""
BEST_RULE_LINE = "The dashed line is the best rule on validation patients."
DOSE_HEAT_MAPS = """
Change of the mean daily dose until the next visit, for a made-up patient ({patient})
at the visit of day {day} who had the same result on the same dose at every visit before. Red
raises the dose, blue lowers it, white keeps it; a black line bounds where the dose is kept; green dashes
are the target range. Doses are rounded to what can be dispensed, so small doses change in coarse steps or
not at all. Expect red on the left, blue on the right and white between the dashes; a genotype matters to a
policy as far as the columns differ. Blue on the left is a fault: the policy lowers the dose of a patient
whose result is low. Learned policies do so where patients are rare in training, such as a high dose with a
low result.
"""


def prose(text: str, **values: object) -> str:
    """A caption on one line, with its values filled in."""
    return " ".join(text.format(**values).split())
