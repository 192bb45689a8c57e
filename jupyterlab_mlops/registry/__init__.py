"""Ways out of the record: MLflow directories, push targets, and the outbox that feeds them."""
