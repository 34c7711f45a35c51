"""What the server counts of itself: plain numbers, which its processes tell each other; pure.

    worker, watcher -- once a second, what they counted since they began --> supervisor
    supervisor      -- all of it, over every restart --> web (/metrics, /ready, /debug/top)

| module | has |
|---|---|
| `histogram` | how often a value was at most so large |
| `numbers` | what each process tells, and how it is added up |
| `frequent` | which keys are frequent among many, in bounded memory |
| `sampler` | which one of many is looked at |
| `overview` | the whole server at one moment, as `web` shows it |
"""
