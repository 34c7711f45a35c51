"""Who asks, and how much each may have: DNS cookies and response rate limiting, by a client's address.

| module | does |
|---|---|
| `server_cookies` | makes and checks cookies, which prove that a client's address is its own |
| `cookie_secrets` | the secrets they are made with: from a file's text, or by the day |
| `rate_limit_options` | the settings of rate limiting |
| `rate_limiter` | which replies a network of clients gets, at which rate |
| `reply_accounts` | which replies count as the same one |
"""
