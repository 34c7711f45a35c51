"""svcdns: a DNS server for service discovery in Kubernetes. ARCHITECTURE.md has the flow and the packages.

| module | has |
|---|---|
| `__main__` | the command `svcdns` |
| `addresses` | addresses as bytes, as labels, and as text with a port |
| `asyncio_private` | all that is used of asyncio's private parts |
| `backoff` | how long to wait before the next attempt |
| `bounded_yaml` | YAML with a bound on nesting |
| `collector` | a pause of the garbage collector |
| `errors` | every exception for users |
| `file_changes` | whether a file has changed since the last look |
| `logs` | log lines on stderr, for people or as JSON |
| `name_patterns` | patterns for names, matched by RE2 in linear time |
| `name_syntax` | which texts are labels and names |
| `paced_calls` | what becomes due at once, a few calls in each turn of the event loop |
| `printable_text` | texts from outside, safe for a terminal and for a line |
| `private_folder` | folders that only this user can use, also where others may write |
| `rate_limited_log` | bounds on log lines that others cause |
| `reverse_zones` | the zones of networks |
| `server_certificate` | a certificate that is read again when its files change |
| `setting_types` | marks at the fields of settings, which `config` reads |
| `socket_addresses` | addresses with scopes, as `bind` and `connect` take them |
| `value_types` | addresses, networks and ports as people write them |
"""

__version__ = "0.1.0"
