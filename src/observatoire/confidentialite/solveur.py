"""Un programme linéaire que l'on résout de nombreuses fois, en n'y changeant que des coûts et des bornes (HiGHS)."""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

PRECISION = 1e-6
SIMPLEXE_PRIMAL = 4
#: Secondes accordées à un programme en nombres entiers.
PATIENCE = 60.0


class Programme:
    """Minimiser un coût sous ``matrice @ x = second`` et ``bas <= x <= haut``. Déterministe : un fil, une graine.

    ``primal`` : pour qui ne change guère que des coûts ; le simplexe primal repart alors de l'optimum d'avant, qui est
    encore admissible.
    """

    def __init__(
        self,
        matrice: sparse.csc_array,
        bas: np.ndarray,
        haut: np.ndarray,
        entieres: np.ndarray | None = None,
        second: np.ndarray | float = 0.0,
        primal: bool = False,
    ):
        lignes, self.taille = matrice.shape
        modele = highspy.HighsLp()
        modele.num_col_, modele.num_row_ = self.taille, lignes
        modele.col_cost_ = np.zeros(self.taille)
        modele.col_lower_, modele.col_upper_ = bas.astype(float), haut.astype(float)
        modele.row_lower_ = modele.row_upper_ = np.broadcast_to(np.asarray(second, dtype=float), lignes)
        modele.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        modele.a_matrix_.start_ = matrice.indptr
        modele.a_matrix_.index_ = matrice.indices
        modele.a_matrix_.value_ = matrice.data
        if entieres is not None:
            kInteger, kContinuous = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
            modele.integrality_ = [kInteger if e else kContinuous for e in entieres]
        self.highs = highspy.Highs()
        for option, valeur in (("output_flag", False), ("threads", 1), ("random_seed", 0), ("presolve", "off")):
            self.highs.setOptionValue(option, valeur)
        if primal:
            self.highs.setOptionValue("simplex_strategy", SIMPLEXE_PRIMAL)
        if entieres is not None:
            self.highs.setOptionValue("presolve", "choose")
            self.highs.setOptionValue("time_limit", PATIENCE)
        self.highs.passModel(modele)

    def couter(self, variables: np.ndarray, couts: np.ndarray) -> None:
        """Changer le coût de variables."""
        if len(variables):
            self.highs.changeColsCost(len(variables), variables.astype(np.int32), couts.astype(float))

    def borner(self, variable: int, bas: float, haut: float) -> None:
        """Changer les bornes d'une variable."""
        self.highs.changeColBounds(int(variable), float(bas), float(haut))

    def resoudre(self) -> np.ndarray | None:
        """Une solution optimale ; ``None`` s'il n'y en a pas."""
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.highs.getSolution().col_value)

    def duales(self) -> np.ndarray:
        """Ce que pèse chaque relation dans le dernier optimum : celles qui le fixent ne sont pas nulles."""
        return np.array(self.highs.getSolution().row_dual)
