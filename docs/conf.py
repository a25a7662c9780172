"""How the documentation is built: Sphinx, MyST Markdown and furo, with nothing from the network."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import snowshed
import snowshed.core
import snowshed.lint
import snowshed.model
import snowshed.observe
import snowshed.shed
from snowshed.lint._about import about, table

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "snowshed"
author = "The snowshed developers"
copyright = author
version = release = snowshed.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Names of types that are spelt out where they are used.
nitpick_ignore = [
    ("py:class", name)
    for name in ("Content", "Facts", "Motion", "Provenance", "Stack", "TaskRef", "Waited")
]
nitpick_ignore_regex = [
    ("py:.*", r"(prometheus_client|opentelemetry|redis|httpx2?|aiohttp|web|grpc)\..*"),
    # What looks keep for the causes, and nobody else needs.
    ("py:class", r"snowshed\.doctor\._\w+(\._\w+)?\.\w+"),
]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "reference/lint/_*"]

default_role = "py:obj"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
napoleon_use_ivar = True

html_theme = "furo"
html_title = "snowshed"
html_copy_source = False


# Where each public name is documented; the first door that has it.
HOMES = dict.fromkeys(snowshed.model.__all__, "snowshed.model")
HOMES |= dict.fromkeys(snowshed.observe.__all__, "snowshed.observe")
HOMES |= dict.fromkeys(snowshed.shed.__all__, "snowshed.shed")
HOMES |= dict.fromkeys(snowshed.core.__all__, "snowshed.core")
HOMES |= dict.fromkeys(snowshed.__all__, "snowshed")
HOMES |= dict.fromkeys(("Guards", "Hosts", "CallStatistics"), "snowshed.integrations.httpx2")
HOMES |= {"CallInterceptor": "snowshed.integrations.grpc"}
# What annotations and docstrings may name without its module.
UNQUALIFIED = ["builtins.", "typing.", "collections.abc.", "asyncio."]
UNQUALIFIED += ["snowshed.integrations.asgi."]


def resolve(app: Sphinx, env: BuildEnvironment, node: Element, contnode: Element) -> Element | None:
    """Resolve what Sphinx cannot: our names by their private path, and the standard library.

    Annotations carry the module that defines a class, but a public name is documented at its
    door. The standard library has no page here, so its names stay plain text, as long as
    they exist: a misspelt one is still a warning.
    """
    target = node.get("reftarget", "")
    parts = target.split(".")
    public = next((index for index, part in enumerate(parts) if part in HOMES), None)
    if public is None:
        return contnode if _is_standard(target) else None
    documented = ".".join([HOMES[parts[public]], *parts[public:]])
    domain, page = env.domains.python_domain, node.get("refdoc")
    return domain.resolve_xref(env, page, app.builder, "obj", documented, node, contnode)


def _is_standard(target: str) -> bool:
    # Of a callable without arguments Sphinx leaves half of the brackets: `Callable[[]`.
    target = target.partition("[")[0]
    if " " in target:  # a command, as in `snowshed run`
        return True
    if re.fullmatch(r"(snowshed\.[\w.]*)?[A-Z][a-z]?s?(_co|_contra)?", target):
        return True  # a type variable
    homes = [""] if target.partition(".")[0] in sys.stdlib_module_names else UNQUALIFIED
    return any(_exists(home + target) for home in homes)


def _exists(dotted: str) -> bool:
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute, None)
        return found is not None
    return False


def write_rules(app: Sphinx) -> None:
    """Write a page for each rule of lint, from what its file says, and the table of them all."""
    folder = Path(app.srcdir) / "reference" / "lint"
    folder.mkdir(exist_ok=True)
    rules = snowshed.lint.rules()
    pages = {f"{rule.id}.md": about(rule) for rule in rules.values()}
    pages["_table.md"] = table(rules.values())
    for old in {path.name for path in folder.glob("*.md")} - pages.keys():
        (folder / old).unlink()
    for name, text in pages.items():
        page = folder / name
        # What is as it was is not built again.
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_rules)
    app.connect("missing-reference", resolve)
