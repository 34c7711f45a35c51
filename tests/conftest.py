"""How hypothesis runs here: short and the same each time, or long with HYPOTHESIS_PROFILE=long."""

import os

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as `printed`, also where pytest-xdist ran them."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, text in report.user_properties:
                    if name == "printed":
                        terminalreporter.write_line(str(text))
