"""How large a demo may be. Only Lotus Spa grows; its neighbours stay small."""

from dataclasses import dataclass
from typing import Final, Literal

SizeName = Literal["salon", "studio", "chain"]


@dataclass(frozen=True, slots=True)
class Size:
    """How many of what Lotus Spa has."""

    name: SizeName
    customers: int
    bookings: int
    locations: int
    staff_a_location: int
    told_days: int
    """How far back bookings have lines in the timeline."""

    @property
    def staff(self) -> int:
        """People who work there."""
        return self.locations * self.staff_a_location


SIZES: Final = {
    size.name: size
    for size in (
        Size("salon", customers=350, bookings=4_000, locations=1, staff_a_location=6, told_days=4_000),
        Size("studio", customers=8_000, bookings=60_000, locations=3, staff_a_location=10, told_days=4_000),
        Size("chain", customers=200_000, bookings=2_000_000, locations=60, staff_a_location=10, told_days=90),
    )
}
