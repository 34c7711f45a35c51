"""How hypothesis runs: short and the same each time, or long with HYPOTHESIS_PROFILE=long; and SIGINT."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile(
    "default", derandomize=True, database=None, max_examples=30, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile(
    "long", derandomize=False, max_examples=2000, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A job in the background of a script ignores SIGINT, and its children inherit that; but they do not inherit
# a handler, so the programs that tests start end at Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as `printed`, also where pytest-xdist ran them."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, text in report.user_properties:
                    if name == "printed":
                        terminalreporter.write_line(str(text))
