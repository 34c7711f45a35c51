"""How long a test waits before it says that the program is wrong.

Every wait of the tests that only ends early where something is right uses this one bound. It is far above
what any wait takes, so a busy machine does not miss it, and a test that measures time uses none.
"""

PATIENCE = 60.0
"""Seconds."""
