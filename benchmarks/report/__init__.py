"""The report: RESULTS.md and its charts, made of the last run of each kind.

results/*.json -> peers, scale, fairness, micro (a part each) -> RESULTS.md
               -> charts/*.svg
"""

from pathlib import Path

from benchmarks import results
from benchmarks.report import fairness, micro, peers, scale
from benchmarks.results import Fairness, Micro, Peers, Scale

HEAD = """\
# Results

What was measured where, the targets of the project with those that were **MISSED**, and the figures behind
them (`results/`). How to measure: CONTRIBUTING.md.
"""


def write(folder: Path) -> Path:
    """Write RESULTS.md and the charts of what is in the folder's `results`; returns the file's path."""
    results_folder = folder / "results"
    beside = results.load(results_folder, Peers)
    growth = results.load(results_folder, Scale)
    floods = results.load(results_folder, Fairness)
    pure = results.load(results_folder, Micro)

    parts = [HEAD]
    if beside:
        parts.append(peers.text(beside))
    if growth:
        parts.append(scale.text(growth))
    if floods:
        parts.append(fairness.text(floods))
    if pure:
        parts.append(micro.text(pure))

    path = folder / "RESULTS.md"
    path.write_text("\n".join(parts))
    _draw(folder / "charts", beside, growth)

    return path


def _draw(folder: Path, beside: Peers | None, growth: Scale | None) -> None:
    from benchmarks.report import charts  # slow to import, and only for this

    folder.mkdir(exist_ok=True)
    if beside:
        charts.peers(beside, folder / "peers.svg")
    if growth:
        charts.scale(growth, folder / "scale.svg")
