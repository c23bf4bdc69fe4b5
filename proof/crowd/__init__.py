"""Crowds: processes of many threads on one database, and a parent that hears what each was told until it is killed.

A worker notes each call in a pipe before it is made and again once the answer is there. The parent reads the pipes
beside it, so that no kill touches what was noted before it: that is the log which a judge trusts.
"""
