"""DNS itself: names, records, the table's values, and the two paths from a query to its reply.

Knows nothing of Kubernetes, and does no I/O: bytes in, values out.
"""
