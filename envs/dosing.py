"""The generic dosing environments: a native batch, and one patient at a time.

Each drug has a data sheet, the docstring of its module, such as `pmrl.envs.warfarin`. All have these options:

## Arguments
| option | default | allowed | meaning |
|---|---|---|---|
| actions | "continuous" | "continuous", "discrete", "relative" | see Action Space |
| choose_interval | False | False, True | the action chooses the next visit too |
| flatten | False | False, True | with `choose_interval`, one Discrete space |
| reward_weights | None | weights by term | None for the defaults; terms left out weigh 0 |
| render_mode | None | None, "rgb_array" | a picture of the patient's course |
| scenario | None | a `Scenario` | all of the following at once |
| threads | 1 | 1, 2, ... | share out batches of 256 rows and more; results are the same |
| shield | False | True, False | no drug for whom a guideline forbids it, whatever the action |
| model | None | one of the therapy's `models` | None for the first |
| parameters | None | a set of the model, such as "published" | None for the model's first |
| cohort | "train" | "train", "validation", "test", "sampled", a CSV's path, a `Cohort` | patients |
| ancestry | None | an ancestry, or shares by ancestry | for "sampled"; None for the population's |
| adherence | "in-range" | "in-range", "full", 0 to 1 | measured by pill caps; or share of days taken |
| occasion_sd | None | None, 0 to 2 | log-SD from occasion to occasion; None for the therapy's |
| assay_sd | None | None, 0 to 2 | log-SD of a lab result; None for the therapy's |
| assay_error | None | None, 0 or more | SD of a lab result on top; None for the therapy's |
| lab_delay_days | 0 | 0 to 14 days | a result is of blood drawn so long before |
| missed_visits | 0.0 | 0 to 0.9 | probability that a planned visit does not take place |
| genotype | "known" | "known", "unknown" | whether the clinic sees recorded genotypes |
| start | "induction" | "induction", "established" | see Starting State |
| interaction | None | None, one of the therapy's `interactions` | drug started on a random day |
| vitamin_k | 0.0 | 0 to 1 | log amplitude of a four-weekly swing of sensitivity, where diet matters |
| surgery | False | False, True | the drug is held for 5 days before a random day |
| days | None | None, 1 to 3650 days | length of the episode; None for the therapy's |
| visits | "schedule" | "schedule", "protocol" | only for `pmrl benchmark`: who chooses the visits of rules |
"""

from pmrl.envs.dosing_env import DosingEnv
from pmrl.envs.dosing_vector import DosingVectorEnv

__all__ = ["DosingEnv", "DosingVectorEnv"]
