"""What is wrong with an installation, as a value that says what to do about it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing to mend; never with the value of a secret.

    :ivar code: ``D`` and a number, which stay the same.
    :ivar is_error: not fit for people; otherwise a warning, which may be meant.
    """

    code: str
    message: str
    way_out: str
    is_error: bool = True

    @property
    def level(self) -> str:
        return "error" if self.is_error else "warning"

    def __str__(self) -> str:
        return f"{self.code} {self.level}: {self.message} {self.way_out}"

    def as_dict(self) -> dict[str, Any]:
        return {"level": self.level, **{k: v for k, v in asdict(self).items() if k != "is_error"}}
