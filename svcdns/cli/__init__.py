"""The command line: reads flags, calls one function of another package, prints.

`app` finds the command, which is a module of this package; `options` reads its settings.

| module | what it does |
|---|---|
| `app` | `svcdns`: the commands, what an error prints, exit codes |
| `options` | makes flags of settings, and loads the settings that they give |
| `help_format` | prints help in sections |
| `serve` | `svcdns serve` |
| `services` | `svcdns services` and `svcdns services describe` |
| `inventory` | the Services that a command shows, from manifests or the API server |
| `service_view` | a Service with the fields that are only shown |
| `services_table` | the table of `kubectl get services`, with DNS names |
| `service_description` | the text of `kubectl describe service`, with DNS names |
| `service_dns_names` | the DNS names that a Service owns |
| `kubectl_output` | objects as `kubectl get -o json` and `-o yaml` print them |
| `text_table` | columns of text, safe for a terminal |
| `lookup` | `svcdns lookup` |
| `dns_client` | asks a DNS server, and prints its reply as dig does |
| `env` | `svcdns env` |
| `env_sources` | the variables that the kubelet and the webhook give to a Pod |
| `env_formats` | variables as dotenv, shell, JSON, YAML and Docker files |
| `env_check` | `svcdns env --check`: what each container of a file would find |
| `top` | `svcdns top` |
| `webhook` | `svcdns webhook` and `svcdns webhook certs` |
| `webhook_certs` | writes the webhook's certificate to a folder or the cluster |
| `check` | `svcdns check` |
| `shadowed_settings` | settings that other settings keep from having an effect |
| `config` | `svcdns config show` |

A command imports slow modules inside the function that needs them, so that the others start fast.
"""
