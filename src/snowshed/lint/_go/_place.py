"""An object, as it is reached from a variable, with its type and its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from snowshed.lint._go._types import base_of, channel_element, is_channel, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["ELEMENT", "Place", "class_of", "named", "type_at"]

ELEMENT = "[*]"
"""The step to some element of a map or a slice."""
_DEPTH = 10
_LONGEST = 8


class Place(NamedTuple):
    """An object, as it is reached from a variable.

    Attributes:
        root: the variable.
        path: the fields on the way, those of embedded structs, too; ``[k]`` for an element that a
            key names, `ELEMENT` for some element, ``get()`` for what a call returns.
    """

    root: Variable
    path: tuple[str, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether the same place is always the same object."""
        return not any(step.startswith("[") for step in self.path)

    def to(self, *steps: str) -> Place:
        """Return what is reached from it."""
        return Place(self.root, (*self.path, *steps)[-_LONGEST:])

    def is_under(self, other: Place) -> bool:
        """Tell whether it is reached by way of ``other``, and is not it."""
        size = len(other.path)
        return self.root is other.root and len(self.path) > size and self.path[:size] == other.path

    def __str__(self) -> str:
        return self.root.name + "".join(
            step if step.startswith("[") else f".{step}" for step in self.path
        )


def type_at(package: Package, place: Place) -> str:
    """Return the type of what is at ``place``; empty: unknown."""
    kept = cast("dict[Place, str]", package.kept.setdefault("types of places", {}))
    found = kept.get(place)
    if found is None:
        found = kept[place] = _type_at(package, place)
    return found


def _type_at(package: Package, place: Place) -> str:
    if not place.path:
        root = place.root
        if root.declared is not None:
            return type_of(root.declared)
        return root.type_ or type_of(root.value)
    owner = type_at(package, Place(place.root, place.path[:-1]))
    return _stepped(package, owner, place.path[-1])


def _stepped(package: Package, owner: str, step: str) -> str:
    """Return the type of what is one step from something of type ``owner``."""
    owner = _underlying(package, owner)
    if step.startswith("["):
        if owner.startswith("["):
            return owner.partition("]")[2].strip()
        if owner.startswith("map["):
            return _value_of_map(owner)
        return channel_element(owner) if is_channel(owner) else ""
    if step.endswith("()"):
        method = package.method(base_of(owner), step[:-2])
        return method.results[0] if method is not None and method.results else ""
    struct = package.structs.get(base_of(owner))
    return "" if struct is None else struct.fields.get(step, "")


def _underlying(package: Package, type_: str) -> str:
    for _ in range(_DEPTH):
        known = package.types.get(type_.lstrip("*"))
        if known is None or known.startswith("interface"):
            return type_
        type_ = known
    return type_


def _value_of_map(type_: str) -> str:
    depth = 0
    for at, sign in enumerate(type_):
        depth += (sign == "[") - (sign == "]")
        if sign == "]" and depth == 0:
            return type_[at + 1 :].strip()
    return ""


def class_of(package: Package, place: Place) -> tuple[object, ...]:
    """Return what all objects have in common that are in the same field of the same type.

    The type of the package and the field, and what is reached from there in types of others; of
    what is no field the variable.
    """
    path = tuple(ELEMENT if step.startswith("[") else step for step in place.path)
    for size in range(len(path), 0, -1):
        if path[size - 1].startswith("[") or path[size - 1].endswith("()"):
            continue
        owner = base_of(_underlying(package, type_at(package, Place(place.root, path[: size - 1]))))
        if owner in package.structs:
            return (owner, *path[size - 1 :])
    return (place.root, *path)


def named(key: tuple[object, ...]) -> str:
    """Return a class in words: ``Store.mu``."""
    first, *rest = key
    word = first if isinstance(first, str) else getattr(first, "name", "")
    steps = [str(word).lstrip("."), *(str(each) for each in rest)]
    return ".".join(steps).replace(f".{ELEMENT}", "[...]")
