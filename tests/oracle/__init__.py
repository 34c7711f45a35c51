"""What svcdns must answer, written a second time: slow, plain, and apart from the server.

The oracle imports nothing of svcdns. It turns API objects (plain dicts, as `kubectl get -o json`
prints them) into the records of the Kubernetes DNS specification 1.1.0, one generator for each kind
of thing that owns names (`cluster_records`), and answers questions from them as RFC 1034 4.3.2 says
(`lookup`).
Read these two beside the specification. It knows names and records only: no header flag but AA, no
EDNS, no truncation, no order, and neither special-use names nor static zones.
"""

from tests.oracle.cluster import Options
from tests.oracle.expected import Expected, Reply, Upstream
from tests.oracle.lookup import Oracle
from tests.oracle.records import Record

__all__ = ["Expected", "Options", "Oracle", "Record", "Reply", "Upstream"]
