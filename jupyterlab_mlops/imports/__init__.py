"""What other tools have recorded -> the record: one importer a file, behind `base.Source`.

::

    base      what an importer gives: runs with points and files, models, registered models
    sources   which importer reads what somebody names
    take      brings all that a source gives into the record, once, with a report
"""
