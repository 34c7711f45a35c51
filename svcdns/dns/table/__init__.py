"""The table: what it holds under which key, and how names with their records become its keys and values.

    Subtree, FileZone, hosts file -> ..._encoding -> keys and values -> `svcdns.table` (LMDB)
    query -> `dns.answer` -> node_format, rrset_encoding, synthesized -> reply

`subtree` is what all of this works on. The table's values are replies nearly as they go out, so that an
answer costs one look-up and no encoding.

| module | does |
|---|---|
| `subtree` | the values that others build: nodes, endpoints, pointers, glue |
| `node_format` | the layout of keys and of a name's value; reads it |
| `rrset_encoding` | one RRset to the bytes behind the question, and back |
| `node_encoding` | one name with its RRsets to its value |
| `templates` | the same for endpoints and reverse names, which differ only in a name and in addresses |
| `synthesized` | endpoints without keys: a list for each Service, and nodes that are made when asked for |
| `subtree_encoding` | a `Subtree` of the cluster to keys and values |
| `zone_encoding` | a zone file's records to keys and values |
| `hosts_encoding` | a hosts file, parsed and to keys and values |
| `table_meta` | what the table says of itself: its zones, and how far to trust it |
"""
