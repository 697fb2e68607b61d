"""``penstock plan --live``: the steps held against the real Jira, reads only.

Jira is the truth, and its metadata are not: an error says what plainly does not exist, a warning
what the metadata ask for, and a note what only the run will tell.
"""
