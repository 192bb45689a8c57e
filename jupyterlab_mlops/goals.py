"""Which way is up: what the name of a metric tells."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Goal = Literal["higher", "lower"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SPREAD = frozenset({"std", "stddev", "var", "count", "support", "size", "num", "lr"})
_LOWER = """
    aic bic brier cer cost deviance distance divergence duration elapsed entropy err error errors
    fid fnr fpr gap hinge inertia kl latency logloss loss losses mae mape medae mse ms nll nrmse
    perplexity ppl rank regret residual rmse rmsle runtime seconds secs smape time wape wer
"""
_HIGHER = """
    acc accuracies accuracy ap auc aucpr auprc auroc bleu cindex coverage dice elbo f f1 fbeta gini
    iou jaccard kappa ks likelihood map mcc meteor miou mrr ndcg nmi npv ppv precision profit psnr
    purity r2 recall return reward rewards roc rouge score scores sensitivity sharpe silhouette
    specificity ssim throughput tnr tpr variance
"""


@cache
def goal_of(metric: str) -> Goal | None:
    """Say whether more of a metric is better, or less; None where its name does not tell.

    Signs win over kinds, and kinds of errors over those of scores: `neg_mean_squared_error` is
    better the higher it is, `std_test_score` is neither.
    """
    words = {word.lower() for word in _WORDS.findall(metric)}
    # `f1` and `r2` are cut into a letter and a number.
    words |= {f"{a}{b}".lower() for a, b in re.findall(r"([A-Za-z]+)(\d+)", metric)}
    if words & _SPREAD:
        return None
    if words & _words(_LOWER):
        return "higher" if words & {"neg", "negative"} else "lower"
    return "higher" if words & _words(_HIGHER) else None


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())
