"""Names outside the cluster: asked of upstreams, and kept for as long as they may be.

    question -> cache -> one flight per question -> route -> upstreams in turn -> exchange -> Answer

`cache`, `packed`, `health`, `order`, `relevant` and `routes` are pure. `forwarder` keeps and joins;
`upstreams` decides whom to ask; `exchange` does one question with one server over `udp` or `stream`;
`tending` looks after upstreams that are new, down or lead back here.
"""
