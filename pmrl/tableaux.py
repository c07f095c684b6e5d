"""The coefficients of the two methods of `pmrl.integrate`, as published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExplicitPair:
    """An explicit Runge-Kutta pair whose last stage is the first of the next step.

    Attributes:
        a: rows of the strictly lower triangle, one per stage from the second on; the last holds the weights.
        c: nodes, one per stage.
        error: weights of the fifth-order minus those of the fourth-order result, one per stage.
    """

    a: tuple[tuple[float, ...], ...]
    c: tuple[float, ...]
    error: tuple[float, ...]


@dataclass(frozen=True)
class RosenbrockPair:
    """A stiffly accurate Rosenbrock pair in Hairer and Wanner's form, without products with the Jacobian.

    (1 / (gamma h) - J) k_i = f(t + c_i h, y + sum a_ij k_j) + sum C_ij / h k_j + d_i h df/dt
    The result is y + sum a_8j k_j + k_8, and k_8 estimates its error.

    Attributes:
        gamma: the diagonal.
        a: rows of the strictly lower triangle, one per stage from the second on.
        coupling: the C_ij, likewise.
        c: nodes, one per stage.
        d: factors of the derivative by time, one per stage.
    """

    gamma: float
    a: tuple[tuple[float, ...], ...]
    coupling: tuple[tuple[float, ...], ...]
    c: tuple[float, ...]
    d: tuple[float, ...]


TSITOURAS = ExplicitPair(
    a=(
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (
            5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401,
            -0.028269050394068383,
        ),
        (
            0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742,
            -3.290069515436081, 2.324710524099774,
        ),
    ),
    c=(0.0, 0.161, 0.327, 0.9, 0.9800255409045097, 1.0, 1.0),
    error=(
        -0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629,
        0.5823571654525552, -0.45808210592918697, 1.0 / 66.0,
    ),
)  # fmt: skip
"""Orders 5 and 4: Tsitouras 2011, Comput Math Appl 62:770, doi:10.1016/j.camwa.2011.06.002."""

_LAST = (
    -7.502846399306121,
    2.561846144803919,
    -11.627539656261098,
    -0.18268767659942256,
    0.030198172008377946,
)

RODAS5P = RosenbrockPair(
    gamma=0.21193756319429014,
    a=(
        (3.0,),
        (2.849394379747939, 0.45842242204463923),
        (-6.954028509809101, 2.489845061869568, -10.358996098473584),
        (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
        _LAST,
        (*_LAST, 1.0),
        (*_LAST, 1.0, 1.0),
    ),
    coupling=(
        (-14.155112264123755,),
        (-17.97296035885952, -2.859693295451294),
        (147.12150275711716, -1.41221402718213, 71.68940251302358),
        (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
        (
            24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125,
            -0.6610691825249471,
        ),
        (
            30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783,
            -19.097331116725623, -28.087943162872662,
        ),
        (
            37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047,
            -40.06618937091002, -54.66780262877968, -9.48861652309627,
        ),
    ),
    c=(0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0),
    d=(
        0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734,
        2.325825639765069, 0.0, 0.0, 0.0,
    ),
)  # fmt: skip
"""Orders 5 and 4, L-stable: Steinebach 2023, BIT 63:27, doi:10.1007/s10543-023-00967-x."""
