"""A Corefile of CoreDNS as settings of ours, so that its users change the server and nothing else.

    text -> lexer: words -> parser: server blocks -> translate: settings, remarks, errors -> loader

| module | does |
|---|---|
| `lexer`, `parser` | words with their lines; blocks of plugins with their options |
| `keys`, `scope` | the zones and ports that a server block, or a plugin, is for; such a block |
| `translation` | the settings found so far, and what is to be said of the lines |
| `plugins` | the table: who translates a plugin, or what is said of it |
| `cluster`, `forwarding`, `caching`, `rewriting`, `filtering`, `files`, `serving` | the plugins, by theme |
| `translate` | all blocks together |

What CoreDNS does where a line is left out is translated too (`ttl 5`, `pods disabled`, no cache). Pure but
for the environment variables that a Corefile may name, which are a parameter.
"""
