"""The settings: what people write in flags, variables and files, and what the classes of settings become.

    flags, SVCDNS_... variables, svcdns.yaml or Corefile -> loader -> Settings, flat -> commands
                                                                          |
    forward/options, cluster/options, serve/runtime/runtime_config ... <- part, launch_builder

Each setting is a field of the class that uses it. Its flag, variable and key follow from the field.

| module | does |
|---|---|
| `settings` | lists the classes that have settings; makes the flat `Settings` of them |
| `setting_parts` | decides which fields of a class are settings, and how pydantic reads them |
| `text_meanings` | says what each mark at a field means: how its text is read, and what the class holds |
| `docstrings` | reads the docstrings below fields, which are the help of settings |
| `short_form` | has what only the flat form has: `config`, and `forward` as a list of upstreams |
| `loader` | merges flags, variables and files; raises a ConfigError with the place of every mistake |
| `launch_builder` | makes of the flat settings what `serve` is started with |
| `object_source` | chooses the source of objects that the settings ask for |
| `field_types` | tells pydantic how to read each type |
| `error_messages` | says what pydantic found wrong, in plain words |
| `config_file` | reads the file of `--config`: YAML, a Corefile, or YAML that names or holds one |
| `yaml_file`, `config_document` | a YAML file as texts, with the line of each value |
| `corefile/` | translates a Corefile of CoreDNS into settings |
| `forward_entries`, `hosts_lines`, `rewrite_rules`, `webhook_settings` | parse texts, without pydantic |
| `pattern_checks` | checks regular expressions of rewrite rules and bounds their size |

Importing this package imports none of these modules: pydantic takes 0.1 s, and some callers need only the
parsers.
"""

import os

# Otherwise pydantic searches all installed packages for plugins and runs them, which is slow.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
