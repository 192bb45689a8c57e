"""MLflow's REST API over the same store: what any MLflow client logs, is a run like any other."""
