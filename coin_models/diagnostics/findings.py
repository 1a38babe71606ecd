"""A finding of the doctor: one line, with advice."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from coin_models.errors import CoinModelsError


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # runs work, something should be fixed
    ERROR = "error"  # runs do not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `coin-models doctor`."""

    name: str
    level: Level = Level.OK
    text: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.level is not Level.OK and not self.advice:
            raise ValueError(f"{self.name}: a {self.level} needs advice")

    def to_json(self) -> dict[str, str]:
        """As `coin-models doctor --json` prints it."""
        return {"check": self.name, "level": self.level.value, "text": self.text, "advice": self.advice}


def examined(name: str, check: Callable[[], Finding]) -> Finding:
    """What the check finds; an error that it meets is a finding too, so that the checks after it are made."""
    try:
        return check()
    except CoinModelsError as error:
        advice = (
            "the problem may be temporary: retry in a minute"
            if error.transient
            else "fix the problem described above, then retry"
        )
        return Finding(name=name, level=Level.ERROR, text=str(error), advice=advice)
    except OSError as error:
        text = f"{type(error).__name__}: {error.strerror or error}"
        return Finding(name=name, level=Level.ERROR, text=text, advice="check that the path or address can be used")
