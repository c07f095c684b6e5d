"""Baron 2016's numbers of empagliflozin: typical values, references, covariate effects, variability."""

from __future__ import annotations

from dataclasses import dataclass

from pmrl.parameter import Parameter

_OURS = "choice of this project, see pmrl.models.sipoglitazar_stringer_2014"


def _of(table: str, value: float, unit: str) -> Parameter:
    return Parameter(value, unit, f"Baron 2016, table {table}, as carried by nlmixr2lib", "published")


def _power(table: str, value: float) -> Parameter:
    return _of(table, value, "exponent of value/reference")


def _factor(table: str, value: float) -> Parameter:
    return _of(table, value, "factor where it applies")


@dataclass(frozen=True)
class Numbers:
    """Typical values, references, covariate effects and between-patient variability."""

    age: Parameter = _of("S1", 50.0, "years, reference")
    bmi: Parameter = _of("S1", 25.0, "kg/m2, reference")
    egfr: Parameter = _of("S1", 100.0, "mL/min/1.73 m2, reference")
    total_protein: Parameter = _of("S1", 70.0, "g/L, reference; printed as g/dL")
    alt: Parameter = _of("S1", 20.0, "U/L, reference")
    ast: Parameter = _of("S1", 20.0, "U/L, reference")
    alp: Parameter = _of("S1", 70.0, "U/L, reference")
    ldh: Parameter = _of("S1", 160.0, "U/L, reference")
    fpg: Parameter = _of("S3", 8.0, "mmol/L, reference")
    duration: Parameter = _of("S3", 2.0, "years, reference")

    cl: Parameter = _of("S1", 10.6, "L/h")
    cl_age: Parameter = _power("S1", -0.241)
    cl_bmi: Parameter = _power("S1", 0.320)
    cl_egfr: Parameter = _power("S1", 0.333)
    cl_total_protein: Parameter = _power("S1", -0.219)
    cl_alt: Parameter = _power("S1", 0.0200)
    cl_ast: Parameter = _power("S1", -0.0421)
    cl_alp: Parameter = _power("S1", -0.0488)
    cl_ldh: Parameter = _power("S1", 0.0110)
    cl_female: Parameter = _factor("S1", 0.886)
    cl_asian: Parameter = _factor("S1", 0.880)
    cl_ex_smoker: Parameter = _factor("S1", 1.02)
    cl_smoker: Parameter = _factor("S1", 1.06)

    base: Parameter = _of("S3", 14.2, "mmol/L, before what was observed")
    base_fpg: Parameter = _of("S3", -0.497, "per reference/observed FPG")
    base_age: Parameter = _power("S3", -0.100)
    base_bmi: Parameter = _power("S3", 0.0248)
    base_egfr: Parameter = _power("S3", -0.0364)
    base_duration: Parameter = _power("S3", 0.0512)
    base_female: Parameter = _factor("S3", 0.996)
    base_black: Parameter = _factor("S3", 0.977)
    base_asian: Parameter = _factor("S3", 0.948)
    base_metformin: Parameter = _factor("S3", 0.995)
    base_sulfonylurea: Parameter = _factor("S3", 1.01)
    kout_fpg: Parameter = _of("S3", 0.0407, "1/h, fixed in the paper")

    gmax: Parameter = _of("S3", 0.217, "of the removal of FPG")
    gmax_base: Parameter = _power("S3", 1.76)
    gmax_age: Parameter = _power("S3", -0.401)
    gmax_bmi: Parameter = _power("S3", -0.288)
    gmax_egfr: Parameter = _power("S3", 0.512)
    gmax_duration: Parameter = _power("S3", 0.0117)
    gmax_female: Parameter = _factor("S3", 0.890)
    gmax_black: Parameter = _factor("S3", 0.979)
    gmax_asian: Parameter = _factor("S3", 1.07)
    gmax_metformin: Parameter = _factor("S3", 0.931)
    gmax_sulfonylurea: Parameter = _factor("S3", 1.27)
    auc50: Parameter = _of("S3", 703.0, "nmol*h/L")

    ratio: Parameter = _of("S4", 0.466, "% HbA1c per mmol/L")
    limit: Parameter = _of("S4", 3.99, "% HbA1c without glucose")
    kout_a1c: Parameter = _of("S4", 1.59e-3, "1/h")
    kout_a1c_age: Parameter = _power("S4", -0.241)
    kout_a1c_bmi: Parameter = _power("S4", 0.328)
    kout_a1c_egfr: Parameter = _power("S4", -0.119)
    kout_a1c_duration: Parameter = _power("S4", -0.577)
    kout_a1c_female: Parameter = _factor("S4", 0.858)
    kout_a1c_asian: Parameter = _factor("S4", 1.05)
    kout_a1c_metformin: Parameter = _factor("S4", 1.48)

    var_cl: Parameter = _of("S1", 0.142, "variance, log")
    var_base: Parameter = _of("S3", 0.0165, "variance, log")
    var_gmax: Parameter = _of("S3", 0.237, "variance, log")
    var_kout_a1c: Parameter = _of("S4", 0.0242, "variance, log")
    molar_mass: Parameter = Parameter(450.91, "g/mol", "formula C23H27ClO7", "derived")
    bioavailability: Parameter = Parameter(1.0, "", "complete, in the clearance", "assumption")
    per_stage: Parameter = Parameter(1.0, "1/day, out of each stage of exposure", _OURS, "assumption")

    @property
    def nmol(self) -> float:
        """Nmol in a mg."""
        return 1e6 / float(self.molar_mass)
