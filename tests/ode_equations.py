"""Right-hand sides for the general kernel; typical values are in `ode_problems`."""

from __future__ import annotations

import numpy as np

from pmrl.compiled import RHS, of_model
from pmrl.elementary import exp, log


@of_model(RHS)
def two_compartments(t, y, p, dydt):
    """Mg and h: gut, central, peripheral."""
    gut, central, peripheral = y[0], y[1], y[2]
    ka, cl, v1, q, v2 = p[0], p[1], p[2], p[3], p[4]
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - (cl + q) / v1 * central + q / v2 * peripheral
    dydt[2] = q / v1 * central - q / v2 * peripheral


@of_model(RHS)
def mercaptopurine(t, y, p, dydt):
    """Umol/m2 and days: gut, plasma, thioguanine nucleotides, five steps to the neutrophils."""
    gut, plasma, tgn, proliferating, transit_1, transit_2 = y[0], y[1], y[2], y[3], y[4], y[5]
    transit_3, anc = y[6], y[7]
    ka, ke, vc, vmm, kmm, keff = p[0], p[1], p[2], p[3], p[4], p[5]
    slope, base, gamma, ktr, kcirc = p[6], p[7], p[8], p[9], p[10]
    c = plasma / vc
    effect = min(slope * tgn, 1.5)
    feedback = exp(gamma * log(base / max(anc, 0.05)))
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - ke * plasma
    dydt[2] = vmm * c / (kmm + c) - keff * tgn
    dydt[3] = ktr * proliferating * (1.0 - effect) * feedback - ktr * proliferating
    dydt[4] = ktr * (proliferating - transit_1)
    dydt[5] = ktr * (transit_1 - transit_2)
    dydt[6] = ktr * (transit_2 - transit_3)
    dydt[7] = ktr * transit_3 - kcirc * anc


@of_model(RHS)
def saturable(t, y, p, dydt):
    """Mg, mg/L and h: gut, concentration."""
    gut, c = y[0], y[1]
    ka, vmax, km, v = p[0], p[1], p[2], p[3]
    dydt[0] = -ka * gut
    dydt[1] = (ka * gut - vmax * c / (km + c)) / v


@of_model(RHS)
def indirect_response(t, y, p, dydt):
    """Mg and h: four transit compartments, central, a response whose production the drug inhibits."""
    ktr, cl, v, ic50, hill, kin, kout = p[0], p[1], p[2], p[3], p[4], p[5], p[6]
    c = max(y[4], 0.0) / v
    dydt[0] = -ktr * y[0]
    dydt[1] = ktr * (y[0] - y[1])
    dydt[2] = ktr * (y[1] - y[2])
    dydt[3] = ktr * (y[2] - y[3])
    dydt[4] = ktr * y[3] - cl / v * y[4]
    dydt[5] = kin / (1.0 + exp(hill * log(c / ic50))) - kout * y[5]


@of_model(RHS)
def target_mediated(t, y, p, dydt):
    """nM and h: depot, free drug, free target, complex."""
    depot, drug, target, bound = y[0], y[1], y[2], y[3]
    ka, kel, kon, koff, ksyn, kdeg, kint = p[0], p[1], p[2], p[3], p[4], p[5], p[6]
    binding = kon * drug * target - koff * bound
    dydt[0] = -ka * depot
    dydt[1] = ka * depot - kel * drug - binding
    dydt[2] = ksyn - kdeg * target - binding
    dydt[3] = binding - kint * bound


@of_model(RHS)
def fast_effect(t, y, p, dydt):
    """Mg, mg/L and h: gut, central, an effect compartment that follows at once, a clipped response."""
    gut, central, effect, response = y[0], y[1], y[2], y[3]
    ka, k, v, ke0, ec50, kout = p[0], p[1], p[2], p[3], p[4], p[5]
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - k * central
    dydt[2] = ke0 * (central / v - effect)
    dydt[3] = kout * (max(1.0 - effect / ec50, 0.2) - response)


@of_model(RHS)
def robertson(t, y, p, dydt):
    """Three species that only turn into each other."""
    k1, k2, k3 = p[0], p[1], p[2]
    dydt[0] = -k1 * y[0] + k3 * y[1] * y[2]
    dydt[1] = k1 * y[0] - k3 * y[1] * y[2] - k2 * y[1] * y[1]
    dydt[2] = k2 * y[1] * y[1]


@of_model(RHS)
def restless(t, y, p, dydt):
    """A rate that changes its sign more often than anybody can follow."""
    dydt[0] = np.cos(1e6 * t)


@of_model(RHS)
def swing(t, y, p, dydt):
    """A state that is sin(t)."""
    dydt[0] = p[0] * np.cos(t)
