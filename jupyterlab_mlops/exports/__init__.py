"""The record -> what others read: one format a file; each is written piece by piece.

::

    archive   a zip that another record takes in with nothing lost
    mlflow    MLflow's file store, or an MLflow server
    parquet   tables of runs and of points, with pyarrow
"""
