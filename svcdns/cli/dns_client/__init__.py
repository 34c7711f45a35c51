"""A DNS client for `svcdns lookup`: asks one server one question, and prints the reply as dig does.

question -> `client_transport` -> bytes -> `dnslib_message` -> `reply_text.ReplyText` -> `dig` -> text

| module | what it does |
|---|---|
| `client_transport` | sends a query over UDP or TCP, and waits for the reply to it |
| `dnslib_message` | builds queries, and reads replies with the help of dnslib |
| `reply_text` | a reply, each part as text |
| `presentation` | bytes of a reply as text that is safe for a terminal |
| `dig` | prints a reply in dig's format |

What the server itself reads and writes is in `svcdns.dns.wire`. A client meets more: any record type, and
replies of servers that do not follow the standards.
"""
