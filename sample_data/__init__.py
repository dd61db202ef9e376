"""A generated company with planted faults: Lumen sells lamps and smart lighting and answers in three tools.

Read `story.py` to know the company and what was planted; `python -m sample_data --into DIR` writes its exports.
"""
