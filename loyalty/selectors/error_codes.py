"""The catalog of refusals."""

from typing import Any

from django.utils import translation

from loyalty.errors import all_error_classes


def list_error_codes() -> dict[str, dict[str, Any]]:
    """Every code with its status, its sentence in the active language and, where it has one, its old number."""
    return {
        cls.code: {"status": cls.status, "message": str(cls.template)}
        | ({} if cls.number is None else {"number": cls.number})
        for cls in all_error_classes()
    }


HEAD = """# Error codes

Every refusal is a JSON object with `success: false`, an upper-snake `code`, `message` in the language of the path,
`request_id` and, where fields are to blame, `errors {field: [text, …]}`; beside them the members of RFC 9457 (`type`,
`title`, `status`, `detail`, `instance`). `error_number` is the number that older documentation gives some codes.
`GET /{locale}/error-codes` answers the same list. Names in braces are filled in.

This page is written by `manage.py error_docs`; a test compares it.
"""


def error_page() -> str:
    """docs/errors.md: a heading for each code, because the `type` of a refusal links to it."""
    sections = [HEAD]
    with translation.override("en"):
        for cls in all_error_classes():
            number = "" if cls.number is None else f", error_number {cls.number}"
            app = cls.__module__.partition(".")[0]
            sections.append(f"## {cls.code}\n\n**{cls.status}**{number} ({app}): {cls.template}\n")
    return "\n".join(sections)
