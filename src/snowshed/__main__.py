"""``python -m snowshed``: the same command without its script on the path."""

from __future__ import annotations

import sys

from snowshed.cli import main

sys.exit(main())
