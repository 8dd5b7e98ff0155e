"""`manage.py sweep_papers`: remove papers of applications that no row names; `--dry-run` only names them."""

from loyalty.files.commands import SweepCommand
from partners.services.paper_sweep import sweep_papers


class Command(SweepCommand):
    help = "Removes partners' papers older than a day that no application names."
    sweep = staticmethod(sweep_papers)
