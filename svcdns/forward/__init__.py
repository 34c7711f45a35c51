"""Answers to names outside the cluster: upstreams are asked, and their answers are cached.

    question -> cache -> one lookup per question -> route -> upstreams in turn -> transport -> answer

| module | does |
|---|---|
| `options` | the settings of a route and of a cache |
| `questions` | a question, its query to an upstream, and the answer |
| `forwarder` | a worker's entrance: the cache, and one lookup per question in flight |
| `answer_cache`, `cache_entry` | answers for as long as they live, fresh or stale; pure |
| `wire_entry` | a cached answer as the bytes that follow the question; pure |
| `dispatcher` | all routes of a worker; asks the upstreams of one in turn |
| `routing` | which route a name takes; pure |
| `upstream_pool` | the upstreams of one route, configured or listed in files |
| `client_shares` | how many of the questions at once are one client's; pure |
| `resolvconf` | the `nameserver` lines of a resolv.conf, read again when it changes |
| `selection_policy` | in which order upstreams are asked; pure |
| `upstream_server` | one upstream of a route: its health, its counts |
| `upstream_health` | when an upstream is up or down; pure |
| `scrub` | which records of a response belong to the answer; pure |
| `failure_answers` | what a client gets where no upstream gave a usable answer; pure |
| `forward_events` | what workers report of upstreams, for the log |
| `health_checks` | background work: probes of upstreams, and files that change |
| `upstream_probes` | the questions of these probes, and what their answers mean |
| `upstream_client` | one question to one upstream: EDNS, random case, UDP or a stream |
| `edns_memory` | which upstreams are asked without EDNS; pure |
| `upstream_udp` | one question over UDP |
| `connection_pool` | which TCP or TLS connection takes a question |
| `pipelined_connection` | one such connection, with many questions at once |
| `upstream_tls` | which certificates of upstreams are trusted |
"""
