"""A Kubernetes container as Go's types see it.

After a ContainerPatch Kuma reads the container back into `v1.Container`: unknown fields vanish, a value of the wrong
type is an error, quantities become canonical and optional fields with their zero value are not written. The tables
below hold the fields of Kubernetes API 0.36 (`k8s.io/api/core/v1`), in three sorts: `name` is left out when zero,
`name*` (a pointer in Go) only when absent, `name!` is always written.
"""

from __future__ import annotations

from krm_fn.kuma.reading import KumaValueError, canonical_quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # A type is the name of a scalar, a table of fields, a list of one type or a ("map", type) pair.
    Type = str | dict[str, "Type"] | list["Type"] | tuple[str, "Type"]

INTEGERS = {"int32": 2**31, "int64": 2**63}
ZERO: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0, "quantity": "0", "intOrString": 0}

KEY_REFERENCE: dict[str, Type] = {"name": "string", "key!": "string", "optional*": "bool"}
OBJECT_REFERENCE: dict[str, Type] = {"name": "string", "optional*": "bool"}
ENV_SOURCE: dict[str, Type] = {
    "fieldRef*": {"apiVersion": "string", "fieldPath!": "string"},
    "resourceFieldRef*": {"containerName": "string", "resource!": "string", "divisor!": "quantity"},
    "configMapKeyRef*": KEY_REFERENCE,
    "secretKeyRef*": KEY_REFERENCE,
    "fileKeyRef*": {"volumeName!": "string", "path!": "string", "key!": "string", "optional*": "bool"},
}
HTTP_GET: dict[str, Type] = {
    "path": "string",
    "port!": "intOrString",
    "host": "string",
    "scheme": "string",
    "httpHeaders": [{"name!": "string", "value!": "string"}],
}
HANDLER: dict[str, Type] = {
    "exec*": {"command": ["string"]},
    "httpGet*": HTTP_GET,
    "tcpSocket*": {"port!": "intOrString", "host": "string"},
}
PROBE: dict[str, Type] = {
    **HANDLER,
    "grpc*": {"port!": "int32", "service*": "string"},
    "initialDelaySeconds": "int32",
    "timeoutSeconds": "int32",
    "periodSeconds": "int32",
    "successThreshold": "int32",
    "failureThreshold": "int32",
    "terminationGracePeriodSeconds*": "int64",
}
LIFECYCLE_HANDLER: dict[str, Type] = {**HANDLER, "sleep*": {"seconds!": "int64"}}
PROFILE: dict[str, Type] = {"type!": "string", "localhostProfile*": "string"}
SECURITY_CONTEXT: dict[str, Type] = {
    "capabilities*": {"add": ["string"], "drop": ["string"]},
    "privileged*": "bool",
    "seLinuxOptions*": {"user": "string", "role": "string", "type": "string", "level": "string"},
    "windowsOptions*": {
        "gmsaCredentialSpecName*": "string",
        "gmsaCredentialSpec*": "string",
        "runAsUserName*": "string",
        "hostProcess*": "bool",
    },
    "runAsUser*": "int64",
    "runAsGroup*": "int64",
    "runAsNonRoot*": "bool",
    "readOnlyRootFilesystem*": "bool",
    "allowPrivilegeEscalation*": "bool",
    "procMount*": "string",
    "seccompProfile*": PROFILE,
    "appArmorProfile*": PROFILE,
}
CONTAINER: dict[str, Type] = {
    "name!": "string",
    "image": "string",
    "command": ["string"],
    "args": ["string"],
    "workingDir": "string",
    "ports": [
        {
            "name": "string",
            "hostPort": "int32",
            "containerPort!": "int32",
            "protocol": "string",
            "hostIP": "string",
        }
    ],
    "envFrom": [{"prefix": "string", "configMapRef*": OBJECT_REFERENCE, "secretRef*": OBJECT_REFERENCE}],
    "env": [{"name!": "string", "value": "string", "valueFrom*": ENV_SOURCE}],
    "resources": {
        "limits": ("map", "quantity"),
        "requests": ("map", "quantity"),
        "claims": [{"name!": "string", "request": "string"}],
    },
    "resizePolicy": [{"resourceName!": "string", "restartPolicy!": "string"}],
    "restartPolicy*": "string",
    "restartPolicyRules": [{"action": "string", "exitCodes*": {"operator": "string", "values": ["int32"]}}],
    "volumeMounts": [
        {
            "name!": "string",
            "readOnly": "bool",
            "recursiveReadOnly*": "string",
            "mountPath!": "string",
            "subPath": "string",
            "mountPropagation*": "string",
            "subPathExpr": "string",
        }
    ],
    "volumeDevices": [{"name!": "string", "devicePath!": "string"}],
    "livenessProbe*": PROBE,
    "readinessProbe*": PROBE,
    "startupProbe*": PROBE,
    "lifecycle*": {"postStart*": LIFECYCLE_HANDLER, "preStop*": LIFECYCLE_HANDLER, "stopSignal*": "string"},
    "terminationMessagePath": "string",
    "terminationMessagePolicy": "string",
    "imagePullPolicy": "string",
    "securityContext*": SECURITY_CONTEXT,
    "stdin": "bool",
    "stdinOnce": "bool",
    "tty": "bool",
}


def as_container(data: object) -> dict[str, Any]:
    """Return the data as Kubernetes would write the container. Raises KumaValueError on a value of the wrong type."""
    read = _read(data, CONTAINER, "")
    assert isinstance(read, dict)
    return read


def _read(value: object, kind: Type, path: str) -> Any:
    if isinstance(kind, str):
        return _zero(kind) if value is None else _scalar(value, kind, path)
    if isinstance(kind, dict):
        return _struct(_expect(value, dict, "struct", path), kind, path)
    if isinstance(kind, list):
        return [_read(child, kind[0], path) for child in _expect(value, list, "slice", path)]
    return {key: _read(child, kind[1], path) for key, child in _expect(value, dict, "map", path).items()}


def _struct(value: dict[str, Any], fields: dict[str, Type], path: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for marked, kind in fields.items():
        name = marked.rstrip("*!")
        given = value.get(name)
        if given is None:
            if marked.endswith("!"):
                result[name] = _zero(kind)
            continue
        read = _read(given, kind, f"{path}.{name}")
        if read or marked != name:
            result[name] = read
    return result


def _zero(kind: Type) -> Any:
    return ZERO[kind] if isinstance(kind, str) else _read(None, kind, "")


def _expect(value: object, wanted: type, name: str, path: str) -> Any:
    if value is None:
        return wanted()
    if not isinstance(value, wanted):
        raise _wrong_type(value, name, path)
    return value


def _scalar(value: object, kind: str, path: str) -> Any:
    if kind == "quantity":
        return _quantity(value, path)
    if kind in INTEGERS:
        limit = INTEGERS[kind]
        fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
    elif kind == "intOrString":
        fits = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    else:
        fits = isinstance(value, bool if kind == "bool" else str)
    if not fits:
        raise _wrong_type(value, kind, path)
    return value


def _quantity(value: object, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong_type(value, "quantity", path)
    return canonical_quantity(value)


def _wrong_type(value: object, wanted: str, path: str) -> KumaValueError:
    return KumaValueError(
        f"json: cannot unmarshal {_json_type(value)} into Go struct field Container{path} of type {wanted}"
    )


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    for python, json in ((str, "string"), (dict, "object"), (list, "array")):
        if isinstance(value, python):
            return json
    return "number"
