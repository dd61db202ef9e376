"""The metric catalog: one file per metric, one folder per family; analyses answer with tables."""
