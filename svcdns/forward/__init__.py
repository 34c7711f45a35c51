"""Names outside the cluster: asked of upstreams, and kept for as long as they may be.

    Question -> cache -> one flight per question -> upstreams in turn -> Answer

`cache` is pure; `upstream` does one exchange; `forwarder` decides whom to ask, and when to give up.
"""
