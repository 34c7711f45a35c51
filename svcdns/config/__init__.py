"""What a person can set: each setting is defined once, and is flag, variable and key of the file.

    flags, SVCDNS_... variables, svcdns.yaml or Corefile -> loader -> Settings -> everything else

| module | does |
|---|---|
| `settings`, `outside`, `webhook` | the settings: type, default, bounds and help of each |
| `loader` | brings them together; every fault is a `ConfigError` that says where it stands |
| `source` | which source the settings ask for |
| `group` | what a section of the settings is, with the help of each |
| `fields`, `explain` | how pydantic reads the types; what it found wrong, in our words |
| `configfile` | the file of `--config`: `yamlfile`, or a Corefile |
| `yamlfile`, `document` | a YAML file as texts, with the line of each |
| `corefile/` | what a Corefile of CoreDNS comes to |
| `values`, `forwards`, `hostslines`, `rewrites`, `selectors` | the types themselves, without pydantic |
| `patterns`, `beginnings` | regular expressions that no name can keep busy |
| `machine` | defaults that depend on where we run |

Importing this package imports none of them: pydantic costs 0.1 s, and a worker needs only the values.
"""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Else pydantic looks through all that is installed for plugins, and runs them: slow, and not ours."""
