"""From a query to its reply: two paths over one version of the table.

    transport (serve/worker) -> fast_path -- usual and known here ---------------------> reply
                                    \\-- anything else -> resolve ----------------------> reply
                                                           \\-> an upstream (forward) -> resume

Queries and replies stand here without their id: a transport takes it off, and puts it back.

    module              what it does
    fast_path           the hot path: compares bytes, parses nothing
    cookie_path         the hot path for a query with a cookie
    fast_zones          the hot path for names without a node of the cluster: by their zone
    query_shape         what the hot path knows of a query besides its name
    render              a value of the table to the parts of a reply
    negative            prebuilt SOAs and NXDOMAIN replies
    rotation            records in a random order
    timed_replies       replies that differ from time to time
    reply_cache         replies that stay the same
    fast_path_caches    all that is cached: keys, lifetimes, bounds
    resolve             the slow path: each rule of the message, CNAMEs, upstreams
    refusal             why a query has no answer, as extended errors
    query_cookies       the slow path's cookies; a query that asks for nothing else
    cname_chain         CNAMEs: where to go on, and when to stop
    server_identity     class CH: version and name of the server
    local_lookup        the slow path's answer for one name and type
    zone_lookup         the same, in one zone of a zone file
    query_rules         rewrite rules and the AAAA filter, as a worker has them
    rewrite             a name to look up in place of another, and the way back
    loop_probe          the question that shows that an upstream leads back to this server
    view                one version of the table, for both paths
    answer_context      what stays the same for the life of a worker
"""
