"""DNS itself: names, records, the table's values, and the two paths from a query to its reply.

Knows nothing of Kubernetes, and does no I/O: bytes in, values out.

| package | does |
|---|---|
| `wire` | messages, names and records as they stand on the wire |
| `table` | what the table holds under which key, and how it is made |
| `clients` | cookies and rate limits: what belongs to who asks |
| `answer` | a query to its reply, from the table or from an upstream |

Each imports those above it alone.
"""
