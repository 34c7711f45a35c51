"""Translates a Corefile of CoreDNS into settings, so that its users change the server and nothing else.

    text -> tokenizer -> corefile_parser: blocks -> translator, plugin by plugin -> settings, remarks, errors

| module | does |
|---|---|
| `tokenizer` | splits the text into words with their lines |
| `corefile_parser` | makes server blocks of the words, with plugins and their options |
| `block_keys` | reads zones and ports of a block's keys, and networks as reverse zones |
| `server_block` | a block with its keys read: which names it is for |
| `translation_state` | collects settings and remarks; parses arguments as CoreDNS does |
| `plugin_table` | says who translates each plugin, or why it is left out |
| `kubernetes_plugin`, `forward_plugin`, `cache_plugin` | translate one plugin each |
| `rewrite_plugin`, `template_plugin` | translate one plugin each |
| `file_plugins` | translates `hosts`, `file` and `auto` |
| `server_plugins` | translates how the server runs: `bind`, `tls`, `health`, `ready`, `log` and others |
| `translator` | translates all blocks together |

CoreDNS's defaults become settings too (`ttl 5`, `pods disabled`, no cache). The package does no I/O:
environment variables that a Corefile names are a parameter.
"""
