"""The command line: reads flags, calls one function of the rest, prints.

| module | command |
|---|---|
| `app` | `svcdns`: the commands, errors and exit codes |
| `serve` | `svcdns serve` |
| `services`, `inventory`, `shown`, `table`, `output` | `svcdns services` |
| `describe`, `dnsnames` | `svcdns services describe` |
| `lookup`, `exchange`, `dig` | `svcdns lookup` |
| `env`, `envgiven`, `envfile`, `envcheck` | `svcdns env` |
| `top` | `svcdns top` |
| `webhook`, `webhookcerts` | `svcdns webhook` |
| `check`, `hidden` | `svcdns check` |
| `config` | `svcdns config show` |
| `options`, `help` | turns settings into flags; how help is printed |

What is costly to import is imported in the command that needs it.
"""
