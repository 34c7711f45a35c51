"""Who we are to the API server, by which certificate we know it, and how its address is reached.

    kubeconfig_file -> kubeconfig_check -> credentials -> transport
                            exec_plugin -^      ^- login_headers, proxy_environment

| module | does |
|---|---|
| `credentials` | logins of a kubeconfig or a service account, and their files as they change |
| `kubeconfig_fields` | the fields of a kubeconfig, as types; pure |
| `kubeconfig_file` | reads a kubeconfig, and chooses a context's cluster and user |
| `kubeconfig_check` | the mistakes in them, what has no effect, and the files that they name |
| `exec_plugin` | runs the program that prints a token or a certificate |
| `login_headers` | the headers of a user: token, password, impersonation; pure |
| `proxy_environment` | which proxy the environment names; pure |
| `transport` | TLS and the proxy, as a session of aiohttp |
| `kubernetes_library` | the only import of kubernetes_asyncio |

What client-go honours is honoured, and means the same; everything else is refused by name.
"""
