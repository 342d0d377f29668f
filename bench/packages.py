"""Made-up packages of any size for measuring: a ResourceList as kpt would send it.

Every other namespace is labelled for injection by its manifest, the rest by a rule, and one Deployment in ten by a rule
of its own: about half of all items change when the function runs. The text is the same for the same size.
"""

from __future__ import annotations

_HEAD = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: fn.kuma.io/v1alpha1
  kind: MeshSetup
  metadata:
    name: mesh-setup
  spec:
    kumaVersion: "2.14"
    zone: zone-1
    injection:
      rules:
      - target: {kind: Namespace, name: "team-.*[13579]"}
        inject: true
      - target: {kind: Deployment, name: "app-[0-9]*0"}
        inject: true
items:
"""

_NAMESPACE = """\
- apiVersion: v1
  kind: Namespace
  metadata:
    name: team-{team}{labels}
    annotations:
      internal.config.kubernetes.io/path: 'teams/team-{team}/namespace.yaml'
      internal.config.kubernetes.io/index: '0'
"""

_LABELLED = """
    labels:
      kuma.io/sidecar-injection: enabled
      kuma.io/mesh: default"""

_DEPLOYMENT = """\
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: app-{number}
    namespace: team-{team}
    labels:
      app: app-{number} # the Service selects it
    annotations:
      internal.config.kubernetes.io/path: 'teams/team-{team}/app-{number}.yaml'
      internal.config.kubernetes.io/index: '0'
  spec:
    replicas: {replicas}
    selector:
      matchLabels:
        app: app-{number}
    template:
      metadata:
        labels:
          app: app-{number}
          version: v{replicas}
      spec:
        containers:
        # the application itself
        - name: app
          image: "registry.example.com/team-{team}/app:1.{number}.0"
          args: ["--listen", ":8080"]
          ports:
          - name: http
            containerPort: 8080
          env:
          - name: LOG_LEVEL
            value: info
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
"""

_SERVICE = """\
- apiVersion: v1
  kind: Service
  metadata:
    name: app-{number}
    namespace: team-{team}
    labels:
      app: app-{number}
      app.kubernetes.io/part-of: shop
      app.kubernetes.io/managed-by: "kpt"
    annotations:
      internal.config.kubernetes.io/path: 'teams/team-{team}/app-{number}.yaml'
      internal.config.kubernetes.io/index: '1'
  spec:
    # http only; the mesh adds TLS
    type: ClusterIP
    selector:
      app: app-{number}
    ports:
    - name: http
      port: 80
      targetPort: 8080
      appProtocol: http
    - name: metrics
      port: 9090
      targetPort: 9090
"""

_INGRESS = """\
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    name: app-{number}
    namespace: team-{team}
    annotations:
      internal.config.kubernetes.io/path: 'teams/team-{team}/app-{number}.yaml'
      internal.config.kubernetes.io/index: '2'
  spec:
    ingressClassName: kong
    rules:
    - host: app-{number}.example.com
      http:
        paths:
        - path: /
          pathType: Prefix
          backend:
            service:
              name: app-{number}
              port:
                name: http
"""

_APPS_PER_TEAM = 40


def package(n: int) -> str:
    """The text of a ResourceList with `n` items: namespaces, Deployments, Services and some Ingresses."""
    items: list[str] = []
    number = 0
    while len(items) < n:
        team = number // _APPS_PER_TEAM
        if number % _APPS_PER_TEAM == 0:
            items.append(_NAMESPACE.format(team=team, labels=_LABELLED if team % 2 == 0 else ""))
        values = {"number": number, "team": team, "replicas": number % 5 + 1}
        items.append(_DEPLOYMENT.format(**values))
        items.append(_SERVICE.format(**values))
        if number % 10 == 0:
            items.append(_INGRESS.format(**values))
        number += 1
    return _HEAD + "".join(items[:n])
