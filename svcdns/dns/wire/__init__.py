"""DNS messages on the wire: names, records, and what is read from a message or written to it.

    query -> query_parser -> `dns.answer` -> messages -> reply
    an upstream's response -> response -> `forward`

Nothing here knows the table or who asks. The bytes come from the network, so both readers expect the
worst: they raise their own error alone, and allocate nothing by a count that the sender chose.

| module | does |
|---|---|
| `names` | domain names: text, labels, parents, reverse names |
| `records` | types, RRsets, records, and RDATA |
| `messages` | the parts of a message, EDNS, and a reply that is cut to size |
| `query_parser` | reads a client's query |
| `response` | reads an upstream's response |
| `mnemonics` | types, codes and questions in words |
"""
