"""When foreign keys are checked: Django's are deferred to the commit, those of a till's tables are not (ADR 29)."""

from django.db.migrations import RunSQL

_ALTER = """
DO $$
DECLARE
    it record;
BEGIN
    FOR it IN
        SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype = 'f' AND conrelid IN ({tables})
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I {how}', it.place, it.conname);
    END LOOP;
END $$;
"""


def check_at_once(*tables: str) -> RunSQL:
    """The migration step that has every foreign key of `tables` checked by the statement that writes the row.

    What is deferred is planned and checked at the commit, outside the function that wrote and without its settings.
    A key that is added later is deferred again, until its migration calls this once more.
    """
    return RunSQL(_alter(tables, "NOT DEFERRABLE"), _alter(tables, "DEFERRABLE INITIALLY DEFERRED"))


def _alter(tables: tuple[str, ...], how: str) -> str:
    return _ALTER.format(tables=", ".join(f"'{table}'::regclass" for table in tables), how=how)
