"""The record: SQL and blobs only; it knows neither tornado nor Jupyter.

::

    db          the file, its writer thread, its readers, what changed
    migrations  the schema, step by step
    apply       one record -> the tables (idempotent; in any order)
    sessions executions runs metrics artifacts registry outbox   one part of the record each
    filters search       MLflow's filter grammar -> bound SQL -> a page of runs
    verdict     which executions a run depends on, and in what order they ran
    status      faults, counts, settings
"""
