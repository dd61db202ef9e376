"""What contacts cost: our own handling hours at the hourly rate, a vendor's at its price per contact, both from settings.

Handling hours are an allowance per reply and note (settings), never longer than the time held: estimated. Customer-hours
are another thing and never priced.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metrics.engine.engines import DuckDBEngine


@dataclass(frozen=True)
class Rates:
    """Money per handling hour in house (None = not set), price per contact by vendor, and the currency."""

    hourly: float | None
    vendors: dict[str, float]
    currency: str | None

    def cost(self, own_hours: float, vendor_contacts: dict[str, int]) -> float | None:
        """The price, or None where a rate it needs is not set."""
        if any(vendor not in self.vendors for vendor in vendor_contacts) or (self.hourly is None and own_hours > 0):
            return None
        if self.hourly is None and not vendor_contacts:
            return None
        return own_hours * (self.hourly or 0.0) + sum(self.vendors[v] * n for v, n in vendor_contacts.items())


def rates(engine: DuckDBEngine) -> Rates:
    """What the settings of the snapshot say."""
    told: dict[str, Any] = engine.settings.get("rates") or {}
    return Rates(told.get("hourly"), told.get("vendors") or {}, told.get("currency"))
