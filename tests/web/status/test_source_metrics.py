"""What is waited for, since when, and how far the table can be trusted."""

from msgspec import structs

from svcdns.stats.watcher_counters import ResourceState
from svcdns.web.status import metrics_page
from tests.scraping import Scrape
from tests.web.status.overviews import NOW, TABLE, but


def scrape(table: object) -> Scrape:
    return Scrape(metrics_page.render(but(watcher_state=table), True).decode())


def test_a_kind_that_waits() -> None:
    resources = {
        "Service": ResourceState(2, last_list=NOW - 60),
        "Pod": ResourceState(1, stale_since=NOW - 90, last_event=NOW + 1),
    }
    page = scrape(structs.replace(TABLE, resources=resources))
    assert page.value("svcdns_resource_synced", resource="Service") == 1
    assert page.value("svcdns_resource_synced", resource="Pod") == 0
    assert page.value("svcdns_resource_waiting_seconds", resource="Pod") == 90
    assert page.value("svcdns_resource_last_list_seconds", resource="Service") == 60
    assert page.labels("svcdns_resource_last_list_seconds", "resource") == {"Service"}
    assert page.value("svcdns_resource_last_event_seconds", resource="Pod") == 0


def test_one_state_of_the_table_is_1() -> None:
    page = scrape(structs.replace(TABLE, table_state="STALE"))
    assert page.labels("svcdns_table_state", "state") == {"empty", "stale", "fresh"}
    assert page.value("svcdns_table_state", state="stale") == page.value("svcdns_table_state") == 1


def test_before_the_watcher_s_first_report_nothing_is_said_of_the_table() -> None:
    assert not {name for name in scrape(None).families if name.startswith("svcdns_table_")}
