"""Against a real kube-apiserver with a real etcd, where these are installed: `make e2e`.

Their paths are in KUBE_APISERVER and ETCD, or they are found in PATH; without them all is skipped. There
is no node, no controller and no network of Pods: what those would write, the tests write.

    programs   both as processes on loopback      apiserver   in the place of the tests' fake API server
    proxy      the wire to it                     faults      what only these two do
"""

import os
import shutil

import pytest

KUBE_APISERVER = shutil.which(os.environ.get("KUBE_APISERVER") or "kube-apiserver")
ETCD = shutil.which(os.environ.get("ETCD") or "etcd")

_MISSING = [
    f"no {name} (set {name.upper().replace('-', '_')} to its path)"
    for name, program in (("kube-apiserver", KUBE_APISERVER), ("etcd", ETCD))
    if program is None
]
INSTALLED = pytest.mark.skipif(bool(_MISSING), reason=", ".join(_MISSING))
