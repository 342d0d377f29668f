"""libyaml's event parser, without the rest of PyYAML.

``import yaml`` brings loaders, dumpers, resolvers and their regular expressions. The function uses none of them, and
they cost more than everything else that a run on a small package does (``bench/imports.py``). The binding itself,
``yaml._yaml``, needs PyYAML's events, tokens, nodes and errors only. These are imported here as the submodules that
they are; what the binding looks up beyond them are classes of errors, which it is given under their names.

Where PyYAML is loaded already, comes without libyaml, or is laid out in another way, it is used as it is.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

# What the binding takes from modules that are not imported here: module -> (class, its base in yaml.error).
_ERRORS = {
    "reader": ("ReaderError", "YAMLError"),
    "scanner": ("ScannerError", "MarkedYAMLError"),
    "parser": ("ParserError", "MarkedYAMLError"),
    "composer": ("ComposerError", "MarkedYAMLError"),
    "constructor": ("ConstructorError", "MarkedYAMLError"),
    "emitter": ("EmitterError", "YAMLError"),
    "serializer": ("SerializerError", "YAMLError"),
    "representer": ("RepresenterError", "YAMLError"),
}


def _package() -> Any:
    """PyYAML as far as it is needed: the stand-in package with the binding, or the real one."""
    if "yaml" in sys.modules:
        return sys.modules["yaml"]
    try:
        return _stand_in()
    except (ImportError, AttributeError):
        # A package knows its parts as attributes only if it loads them itself.
        for part in [name for name in sys.modules if name.startswith("yaml.")]:
            del sys.modules[part]
        import yaml

        return yaml


def _stand_in() -> ModuleType:
    """A module like the package that has the binding as ``_yaml``; ``sys.modules`` keeps only the real submodules."""
    specs = (finder.find_spec("yaml", None) for finder in sys.meta_path)
    spec = next((spec for spec in specs if spec is not None and spec.submodule_search_locations), None)
    if spec is None:
        raise ImportError("PyYAML is not installed")
    module = type(sys)
    package: Any = module("yaml")
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["yaml"] = package
    try:
        from yaml import error, events, nodes, tokens

        for part in (events, nodes, tokens):
            package.__dict__.update({name: value for name, value in vars(part).items() if not name.startswith("_")})
        package.error = error
        for name, (cls, base) in _ERRORS.items():
            holder: Any = module(f"yaml.{name}")
            setattr(holder, cls, type(cls, (getattr(error, base),), {}))
            setattr(package, name, holder)
        from yaml import _yaml

        package._yaml = _yaml
    finally:
        del sys.modules["yaml"]
    return package  # type: ignore[no-any-return]  # a module, whose attributes no checker can know


_yaml = _package()

YAMLError: type[Exception] = _yaml.error.YAMLError
ScalarEvent: Any = _yaml.ScalarEvent
MappingStartEvent: Any = _yaml.MappingStartEvent
MappingEndEvent: Any = _yaml.MappingEndEvent
SequenceStartEvent: Any = _yaml.SequenceStartEvent
SequenceEndEvent: Any = _yaml.SequenceEndEvent
AliasEvent: Any = _yaml.AliasEvent
StreamStartEvent: Any = _yaml.StreamStartEvent
StreamEndEvent: Any = _yaml.StreamEndEvent
DocumentStartEvent: Any = _yaml.DocumentStartEvent
DocumentEndEvent: Any = _yaml.DocumentEndEvent


def events_of(text: str) -> Callable[[], Any]:
    """Return the function that gives the next event of a text, each time it is called; it raises YAMLError."""
    binding = getattr(_yaml, "_yaml", None)
    if binding is None:
        return _yaml.SafeLoader(text).get_event  # type: ignore[no-any-return]  # PyYAML's own parser, without libyaml
    return binding.CParser(text).get_event  # type: ignore[no-any-return]  # the binding has no types
