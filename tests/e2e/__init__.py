"""Against a real kube-apiserver with a real etcd, where these are installed: `make e2e`.

Their paths are in KUBE_APISERVER and ETCD, or they are found in PATH; without them all is skipped. There
is no node, no controller and no network of Pods: what those would write, the tests write.
"""

import os
import shutil

import pytest

KUBE_APISERVER = os.environ.get("KUBE_APISERVER") or shutil.which("kube-apiserver")
ETCD = os.environ.get("ETCD") or shutil.which("etcd")

INSTALLED = pytest.mark.skipif(
    not (KUBE_APISERVER and ETCD),
    reason="kube-apiserver or etcd is not installed; name them with KUBE_APISERVER and ETCD",
)
