"""Names outside the cluster from end to end: the server as a process, real upstreams, real clients.

`served` starts it with a small cluster and asks it, `named` is an upstream of few names. `hostile` is one
that loses, forges, delays, cuts and lies, `load` the client that asks it 100,000 questions through the
server. `programs` starts Unbound and Knot.
"""
