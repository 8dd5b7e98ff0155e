"""Tidying the folders of the papers that partners hand in."""

from datetime import datetime

from loyalty.files.orphans import Sweep, sweep
from loyalty.files.storage import private_storage
from partners.rules.papers import FOLDER, is_paper
from partners.selectors.verification import list_stored_across_partners


def sweep_papers(*, at: datetime, is_sure: bool = False, is_dry: bool = False) -> Sweep:
    """Remove papers that no application names, once no request can still be about to keep their row.

    Whatever else lies in a partner's folder stays.
    Raises TooManyOrphansError where most of them would go, unless one `is_sure`.
    """
    return sweep(storage=private_storage(), folder=FOLDER, known=_known, at=at, is_sure=is_sure, is_dry=is_dry)


def _known(names: list[str]) -> set[str]:
    return list_stored_across_partners(names) | {name for name in names if not is_paper(name)}
