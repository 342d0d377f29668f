"""What the rules about switches ask of a backend: what its Service is, whether in a mesh, which products count."""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import BY_CLASS_NAME
from krm_fn.gateways.product import BY_ANNOTATION, UPSTREAM
from krm_fn.gateways.switches import ABSENT, CLUSTER, EXTERNAL, HEADLESS_SERVICE
from krm_fn.krm.fields import dig
from krm_fn.kuma.services import EXTERNAL_NAME, is_ignored
from krm_fn.kuma.services import HEADLESS as NO_CLUSTER_IP
from krm_fn.rules.membership import is_labelled, members, selected_by
from krm_fn.rules.recognition import is_excluded, presence_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.resources import Resources


def concerns_a_mesh(resources: Resources, setup: MeshSetup) -> bool:
    """Whether anything in the package can be in a mesh."""
    if any(is_labelled(namespace) for namespace in resources.namespaces.values()):
        return True
    return any(member.in_mesh for member in members(resources, setup).values())


class Facts:
    """The Services of a package as its routes see them."""

    def __init__(self, resources: Resources, setup: MeshSetup) -> None:
        self.resources = resources
        self.setup = setup
        self.present = presence_of(resources, setup).products
        self.generated = {(wanted.namespace, wanted.name) for wanted in setup.external_names}

    def has_service(self, namespace: str, name: str) -> bool:
        """Whether the package holds such a Service."""
        return self.resources.service(namespace, name) is not None

    def state(self, namespace: str, name: str) -> str:
        """What a Service is, in the words of ``krm_fn.gateways.switches``."""
        if (namespace, name) in self.generated:
            return EXTERNAL
        service = self.resources.service(namespace, name)
        if service is None:
            return ABSENT
        if dig(service.data, "spec", "type") == EXTERNAL_NAME:
            return EXTERNAL
        return HEADLESS_SERVICE if dig(service.data, "spec", "clusterIP") == NO_CLUSTER_IP else CLUSTER

    def is_in_mesh(self, backend: Backend) -> bool:
        """Whether pods behind the Service are in a mesh, as far as the package tells."""
        return self.is_in_mesh_at(backend.namespace, backend.service)

    def is_in_mesh_at(self, namespace: str, name: str) -> bool:
        """The same for a Service by its name."""
        selected = selected_by(self.resources, self.setup).get((namespace, name))
        if selected:
            return any(member.in_mesh for member in selected)
        service = self.resources.service(namespace, name)
        if service is not None and is_ignored(service.annotations):
            return False
        return is_labelled(self.resources.namespaces.get(namespace)) and self.state(namespace, name) != EXTERNAL

    def is_excluded(self, backend: Backend) -> bool:
        """Whether the user has excluded the route or the Service."""
        service = self.resources.service(backend.namespace, backend.service)
        return is_excluded(backend.item, self.setup) or (service is not None and is_excluded(service, self.setup))

    def chosen(self, backend: Backend) -> tuple[str, ...]:
        """The products to write for: those named or recognised, or the only one that the class can mean."""
        return self.chosen_of(backend.products, backend.basis)

    def chosen_of(self, products: tuple[str, ...], basis: str) -> tuple[str, ...]:
        """The same of products and of what their choice rests on."""
        if self.setup.service_upstream.products != "auto":
            return tuple(product for product in products if product in self.setup.service_upstream.products)
        present = tuple(product for product in products if product in self.present)
        if present:
            return present
        return products if basis != BY_CLASS_NAME or len(products) == 1 else _same(products)


def _same(products: tuple[str, ...]) -> tuple[str, ...]:
    """All products that a class may mean, if they read the same annotations; else none."""
    keys = {
        tuple(
            (s.object, s.key)
            for s in products_by_id()[product].switches
            if s.how == BY_ANNOTATION and s.purpose == UPSTREAM
        )
        for product in products
    }
    return products if len(keys) == 1 else ()
