"""Settings in the pods of a gateway product: arguments and variables of its containers.

A process refuses to start with an argument that its release does not know, ignores arguments where it reads a file, and
may be started by a shell that keeps what is appended to itself. So an argument is added only where the list of
arguments, the release in the image's tag and what else stands on the command line leave no doubt.
"""

from __future__ import annotations

from krm_fn.gateways.marks import repository
from krm_fn.gateways.product import JOB
from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.record import Record
from krm_fn.rules.membership import is_observed
from krm_fn.rules.recognition import recognised
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item, Workload
    from krm_fn.krm.resources import Resources

BEFORE_A_RELEASE = ("alpha", "beta", "rc", "dev", "nightly")
NOT_APPENDED_TO = ("-c", "--")
"""What follows them is a text for a shell, or no flag any more."""


class Carrier(Record):
    """Something that holds a setting, or could: where it stands there, what it says, and what would be written.

    ``value`` is None where nothing is said. ``append`` tells that ``wanted`` is added to the list at ``path``.
    ``hindrance`` says why it cannot be written.
    """

    item: Item
    path: Path
    value: object
    is_on: bool
    wanted: Any
    append: bool = False
    hindrance: str = ""


def in_own_pods(switch: Switch, product: Product, resources: Resources) -> tuple[Carrier, ...]:
    """The product's workloads with a container that reads the setting; observed Pods are nobody's to edit."""

    def build() -> tuple[Carrier, ...]:
        found = []
        for workload, recognition in recognised(resources).values():
            if recognition.product != product.id or recognition.role == JOB or is_observed(workload.item):
                continue
            for path, container in _with_image(switch.images, workload):
                carry = _argument if switch.argument else _variable
                found.append(carry(switch, workload.item, path, container))
        return tuple(found)

    return resources.memo(("carriers", product.id, switch.object, switch.key), build)


def _with_image(images: tuple[str, ...], workload: Workload) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, entry in enumerate(as_list(workload.template.spec.get("containers"))):
        container = as_map(entry)
        name = repository(as_str(container.get("image")))
        if any(name == image or name.endswith("/" + image) for image in images):
            yield (*workload.template.path, "spec", "containers", index), container


def run_release(since: str, images: tuple[str, ...], product: Product, resources: Resources) -> bool:
    """Whether the package shows containers of a product with such images, and each in that release or a newer one."""
    shown = [
        as_str(container.get("image"))
        for workload, recognition in recognised(resources).values()
        if recognition.product == product.id
        for _, container in _with_image(images, workload)
    ]
    return bool(shown) and all(is_release_of(image, since) for image in shown)


# --- Arguments --------------------------------------------------------------------------------------------------------
def _argument(switch: Switch, item: Item, path: Path, container: dict[str, Any]) -> Carrier:
    wanted = f"{switch.argument}={shown(switch.value)}"
    flag, value, at = _bare(switch.argument), None, (*path, "args")
    for field in ("command", "args"):
        for index, argument in enumerate(as_list(container.get(field))):
            name, equals, said = as_str(argument).partition("=")
            if name.startswith("-") and _bare(name) == flag:
                value, at = said if equals else "true", (*path, field, index)  # the last one counts
    if value is not None:
        return Carrier(item, at, value, value.lower() == shown(switch.value).lower(), wanted)
    return Carrier(item, at, None, False, wanted, True, _no_argument(switch, container))


def _bare(flag: str) -> str:
    return flag.lstrip("-").lower()


def _no_argument(switch: Switch, container: dict[str, Any]) -> str:
    """Why no argument can be added to a container, empty if one can."""
    arguments, image = container.get("args"), as_str(container.get("image"))
    if not isinstance(arguments, list) or not arguments or not all(isinstance(each, str) for each in arguments):
        return "its container has no list of arguments to add one to"
    everything = [each for each in as_list(container.get("command")) if isinstance(each, str)] + arguments
    if any(each in NOT_APPENDED_TO for each in everything):
        return "what is added to its arguments would be read by a shell, or by nobody"
    names = {each.partition("=")[0].lower() for each in everything}
    for other in switch.not_with_arguments:
        if other in names:
            return f"its container has the argument {other}, beside which it is ignored"
    beside = switch.beside_argument
    if beside and not any(_turns_on(each.lower(), beside) for each in everything):
        return f"its container does not have the argument {beside}"
    if not is_release_of(image, switch.since):
        return f"the image {image} does not tell that it is release {switch.since} or newer, which the argument needs"
    return ""


def _turns_on(argument: str, flag: str) -> bool:
    return argument in (flag, f"{flag}=true") or argument.startswith(f"{flag}.")


def is_release_of(image: str, since: str) -> bool:
    """Whether the tag of an image names a release, and one that is not older."""
    numbers, rest = _tag(image)
    if not numbers or any(word in rest for word in BEFORE_A_RELEASE):
        return False
    wanted = _numbers(since)
    return numbers + [0] * (len(wanted) - len(numbers)) >= wanted


def _tag(image: str) -> tuple[list[int], str]:
    """The numbers of the release that the tag of an image names, and what follows them; none where it names none."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    release, _, rest = tag.removeprefix("v").partition("-")
    return _numbers(release), rest


def _numbers(release: str) -> list[int]:
    parts = release.split(".")
    known = all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts)
    return [int(part) for part in parts] if known else []


def image_before(switch: Switch, product: Product, resources: Resources) -> str:
    """An image of the product whose tag is a release without the setting; empty where none tells.

    A short tag (``v2``) moves on with the releases that begin so, and is old only if all of them are.
    """
    if not switch.images:
        return ""

    def build() -> str:
        wanted = _numbers(switch.since)
        for workload, recognition in recognised(resources).values():
            if recognition.product != product.id or recognition.role == JOB:
                continue
            for _, container in _with_image(switch.images, workload):
                image = as_str(container.get("image"))
                numbers = _tag(image)[0]
                if numbers and numbers < wanted[: len(numbers)]:
                    return image
        return ""

    return resources.memo(("image before", product.id, switch.key, switch.since), build)


# --- Variables --------------------------------------------------------------------------------------------------------
def _variable(switch: Switch, item: Item, path: Path, container: dict[str, Any]) -> Carrier:
    wanted, text = {"name": switch.key, "value": shown(switch.value)}, shown(switch.value)
    entries = as_list(container.get("env"))
    for index in reversed(range(len(entries))):  # the last one counts
        variable = as_map(entries[index])
        if variable.get("name") == switch.key:
            value = "another field" if "valueFrom" in variable else variable.get("value") or ""
            return Carrier(item, (*path, "env", index, "value"), value, value == text, text)
    return Carrier(item, (*path, "env"), None, False, wanted, True, _no_variable(container))


def _no_variable(container: dict[str, Any]) -> str:
    if container.get("envFrom"):
        return "its container takes variables from elsewhere (envFrom), which may hold it"
    env = container.get("env")
    return "" if env is None or isinstance(env, list) else "its env is no list"
