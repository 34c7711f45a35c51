"""Services, and the variables that a Pod finds of them."""

SERVICES = """\
apiVersion: v1
kind: Service
metadata: {name: kubernetes}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.7, ports: [{name: pg, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: 1st, namespace: shop}
spec: {clusterIP: 10.96.0.8, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: auth, namespace: other}
spec: {clusterIP: "fd00:10:96::9", ipFamilies: [IPv6], ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: peers, namespace: other}
spec: {clusterIP: None, ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: empty}
"""

DB = """\
DB_SERVICE_HOST=10.96.0.7
DB_SERVICE_PORT=5432
DB_SERVICE_PORT_PG=5432
DB_PORT=tcp://10.96.0.7:5432
DB_PORT_5432_TCP=tcp://10.96.0.7:5432
DB_PORT_5432_TCP_PROTO=tcp
DB_PORT_5432_TCP_PORT=5432
DB_PORT_5432_TCP_ADDR=10.96.0.7
"""

AUTH = """\
AUTH_SERVICE_HOST=fd00:10:96::9
AUTH_SERVICE_PORT=80
AUTH_PORT=tcp://[fd00:10:96::9]:80
AUTH_PORT_80_TCP=tcp://[fd00:10:96::9]:80
AUTH_PORT_80_TCP_PROTO=tcp
AUTH_PORT_80_TCP_PORT=80
AUTH_PORT_80_TCP_ADDR=fd00:10:96::9
"""

KUBERNETES = """\
KUBERNETES_SERVICE_HOST=10.96.0.1
KUBERNETES_SERVICE_PORT=443
KUBERNETES_PORT=tcp://10.96.0.1:443
KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443
KUBERNETES_PORT_443_TCP_PROTO=tcp
KUBERNETES_PORT_443_TCP_PORT=443
KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1
"""
