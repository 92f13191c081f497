"""Trained weights as a strategy uses them: a logistic model of "solves the subtask", as plain numbers.

The weights of a problem were made without it (`training.folds`). Prediction is numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from comparisons.strategies.features import PROBE_FEATURES, VERSION, feature_names, features
from comparisons.strategies.pool_view import FloatArray, PoolView
from judge.errors import StrategyError


@dataclass(frozen=True)
class Weights:
    """One set of weights: columns are standardised by `mean` and `scale`, then weighed. All of length columns."""

    mean: FloatArray
    scale: FloatArray
    coef: FloatArray
    intercept: float

    def predict(self, columns: FloatArray) -> FloatArray:
        """Chances in [0, 1] for rows of columns (last axis); unknown values count as the training mean."""
        standardised = (np.where(np.isnan(columns), self.mean, columns) - self.mean) / self.scale
        logits = np.clip(standardised @ self.coef + self.intercept, -50, 50)
        chances: FloatArray = 1.0 / (1.0 + np.exp(-logits))
        return chances


@dataclass(frozen=True)
class Fitted:
    """What a fit knows for one problem. names: the columns it weighs. tuned: options of o1-ioi by name, where they were
    tuned. version: that of the columns. `quality` raises StrategyError where the columns mean something else by now."""

    names: tuple[str, ...]
    weights: Weights
    tuned: Mapping[str, float] = field(default_factory=dict)
    version: int = VERSION

    @property
    def uses_probes(self) -> bool:
        """True where outputs on probes are among the columns."""
        return PROBE_FEATURES[0] in self.names

    def quality(self, view: PoolView) -> FloatArray:
        """candidates × subtasks: the chance that the candidate solves the subtask."""
        if self.version != VERSION or self.names != feature_names(with_probes=self.uses_probes):
            raise StrategyError(
                f"this fit weighs columns of version {self.version}; this Podium makes {VERSION}: fit anew"
            )
        if self.uses_probes and not any(matrix.probes for matrix in (view.probes or {}).values()):
            raise StrategyError("this fit weighs outputs on probes, and this pool was not run on any")
        return self.weights.predict(features(view, with_probes=self.uses_probes))


@dataclass(frozen=True)
class Unusable:
    """Stands in where a fit has no weights that may rank a problem: asking for a score is refused."""

    reason: str

    @property
    def tuned(self) -> Mapping[str, float]:
        """None: asking is refused. Raises StrategyError."""
        raise StrategyError(self.reason)

    def quality(self, view: PoolView) -> FloatArray:
        """Raises StrategyError."""
        raise StrategyError(self.reason)
