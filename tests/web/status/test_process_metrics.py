"""The processes and the configuration."""

import svcdns
from svcdns.stats.overview import ProcessStatus
from svcdns.web.status import metrics_page
from tests.scraping import Scrape
from tests.web.status.overviews import but


def test_a_place_without_a_process() -> None:
    processes = (ProcessStatus("supervisor", 1, 0, None), ProcessStatus("worker 0", 0, 3, 1.5))
    scrape = Scrape(metrics_page.render(but(processes=processes), False).decode())
    assert scrape.value("svcdns_process_up", process="supervisor") == 1
    assert scrape.value("svcdns_process_up", process="worker 0") == 0
    assert scrape.value("svcdns_process_restarts_total", process="worker 0") == 3
    assert scrape.labels("svcdns_process_silent_seconds", "process") == {"worker 0"}
    assert scrape.value("svcdns_ready") == 0


def test_memory_is_that_of_all_processes() -> None:
    overview = but(memory_bytes={"supervisor": 5, "worker 0": 7})
    scrape = Scrape(metrics_page.render(overview, True).decode())
    assert scrape.value("process_resident_memory_bytes") == 12
    assert scrape.value("svcdns_process_memory_bytes", process="worker 0") == 7


def test_a_refused_configuration_and_the_version() -> None:
    scrape = Scrape(metrics_page.render(but(config_error="ttl: no number"), True).decode())
    assert scrape.value("svcdns_configuration_refused") == 1
    assert scrape.value("coredns_build_info", version=f"svcdns-{svcdns.__version__}") == 1
