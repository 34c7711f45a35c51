"""Clusters made up for tests: API objects as plain dicts, what happens to them, what is asked.

`objects` and `settings` are hypothesis strategies over small pools, so that names and addresses
often meet; `events` changes a cluster; `questions` asks of it; `large` makes a big one from a seed.
"""
