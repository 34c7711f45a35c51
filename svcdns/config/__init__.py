"""What a person can set: each setting is a field of the class that uses it, and so flag, variable and key.

    flags, SVCDNS_... variables, svcdns.yaml or Corefile -> loader -> Settings, flat -> commands
                                                                          |
    forward/options, cluster/options, serve/runtime/runtime_config ... <- part, runtime

| module | does |
|---|---|
| `settings` | which classes have settings, and how their keys are called; the flat settings, made of these |
| `parts` | which fields of a class are settings, and how pydantic reads them |
| `meanings`, `docstrings` | what the marks at the fields mean; the help that stands below them |
| `runtime` | from the flat settings to what `serve` is told (`serve.runtime_config`) |
| `short_form` | `forward`, which is said otherwise than in the classes |
| `loader` | brings them together; every fault is a `ConfigError` that says where it stands |
| `source` | which source the settings ask for |
| `fields`, `explain` | how pydantic reads the types; what it found wrong, in our words |
| `configfile` | the file of `--config`: `yamlfile`, or a Corefile |
| `yamlfile`, `document` | a YAML file as texts, with the line of each |
| `corefile/` | what a Corefile of CoreDNS comes to |
| `values`, `forwards`, `hostslines`, `rewrites`, `selectors`, `webhook` | the types, without pydantic |
| `patterns`, `beginnings` | regular expressions that no name can keep busy |
| `machine` | defaults that depend on where we run |

Importing this package imports none of them: pydantic costs 0.1 s, and others need only the values.
"""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Else pydantic looks through all that is installed for plugins, and runs them: slow, and not ours."""
