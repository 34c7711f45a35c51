"""What goes wrong around a server, under a steady load that holds each answer against the truth.

    cluster    a fake API server whose objects change all the time, and the history of what was true
    load       asks at a steady rate; counts what was lost, and what was never or no longer true
    world      these two and a real server, its times shortened (`quick`) or as they are
    source     faults of the API server         processes    of the server's own processes and files

The suite runs each once (`test_*`, a minute in all); `python -m tests.soak` all of them, for hours.
"""
