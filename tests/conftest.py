"""Makes the pure parts of the addon importable without Odoo.

`crm_relationship/__init__.py` imports Odoo models. The engine needs none of them, so
the package is entered into `sys.modules` by hand: `from crm_relationship.engine
import ...` then runs no code of the addon but the engine's own.
"""

import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_package = types.ModuleType("crm_relationship")
_package.__path__ = [str(ROOT / "crm_relationship")]
sys.modules.setdefault("crm_relationship", _package)
