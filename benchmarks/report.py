"""One line a measure: the ratio, what was wanted, and what lies behind it."""

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal


@dataclass
class Result:
    """A measure's ratio: the median of its rounds, or none with the reason in `detail`."""

    name: str
    target: float
    stretch: float
    better: Literal["higher", "lower"]
    rounds: list[float] = field(default_factory=list)
    detail: str = ""
    ratio: float | None = None

    def finish(self, detail: str) -> "Result":
        self.rounds = [round(one, 4) for one in self.rounds]
        self.ratio = round(median(self.rounds), 4)
        self.detail = detail
        return self

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return "skipped"
        for word, wanted in (("stretch", self.stretch), ("target", self.target)):
            if self.ratio >= wanted if self.better == "higher" else self.ratio <= wanted:
                return word
        return "MISSED"


def machine() -> str:
    """What it was measured on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1_048_576
    except (OSError, ValueError):
        return platform.platform()
    model = names[0] if names else platform.machine()
    return f"{len(names)} x {model}, {memory} GiB, Python {platform.python_version()}"


def write(results: list[Result], path: Path) -> None:
    """The list as `var/bench.json`, aside and renamed, so that nobody reads half of it."""
    rows = []
    for one in results:
        row = asdict(one)
        rows.append({key: row[key] for key in ("name", "ratio", "rounds", "target", "stretch", "better", "detail")})
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    fresh.replace(path)


def table(results: list[Result]) -> str:
    lines = [f"{'measure':34} {'ratio':>8} {'target':>8} {'stretch':>8}  verdict  rounds"]
    for one in results:
        sign = "≥" if one.better == "higher" else "≤"
        ratio = "-" if one.ratio is None else f"{one.ratio:.3f}"
        rounds = " ".join(f"{value:.3f}" for value in one.rounds)
        wanted = f"{sign}{one.target:>7g} {sign}{one.stretch:>7g}"
        lines.append(f"{one.name:34} {ratio:>8} {wanted}  {one.verdict:8} {rounds}")
        lines.append(f"{'':4}{one.detail}")
    return "\n".join(lines)
