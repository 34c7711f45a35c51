"""Whether one client's flood delays another client's names: `make bench-fairness`.

| module | does |
|---|---|
| `__main__` | reads the command line |
| `scenarios` | the floods, and who may be asked to bear them |
| `run` | starts servers and floods, and measures the other client in rounds |
| `flood` | a program: sends queries at a rate, and reads no answer |
| `victim` | asks names of the cluster on a fixed schedule, and tells how late each answer came |
"""
