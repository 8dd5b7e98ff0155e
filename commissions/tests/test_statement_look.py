"""How a statement looks on paper: no amount is broken, every page says what its columns are."""

from dataclasses import replace

import pytest

from commissions.documents.content import MINUS, Content
from commissions.documents.pdf import FONT, SHOP, SIZE, column_widths, draw
from commissions.tests.months import NOW
from commissions.tests.test_statement_api import pdf_text

HUGE = f"{MINUS}9.999.999.999,99"
LONG = "Žuvėdros gatvės kavinė ir labai ilgas pavadinimas, kuris netelpa eilutėje"
CONTENT = Content(
    language="lt",
    title="Komisinio ataskaita",
    number="ST-000001",
    notice="",
    issuer="Loyalty",
    holder=("Ελληνική Εταιρεία Καφέ & Большая Кофейня, UAB „Ąžuolas Žuvėdra“" * 2, "Donaudampfschifffahrts" * 7),
    facts=[("Laikotarpis", "nuo 2026-06-01")],
    summary=[("Mėnuo iš viso", HUGE, True)],
    headers=("Kas", "Komponentas", "Pardavimo mėnuo", "Parduotuvė", "Eilutės", "Bazė", "Suma"),
    groups=[("Vėlesnis priskaitymas", "Mokėjimų apdorojimas", "2026-06", LONG, "12.345.678", HUGE, HUGE)] * 300,
    groups_title="Mėnesio sumos",
    verdict="Pagal šią ataskaitą nieko mokėti nereikia.",
    page_of="{page} puslapis iš {pages}",
)


def test_three_hundred_lines_break_between_rows_under_repeated_headings() -> None:
    paper = draw(CONTENT, at=NOW)
    said = pdf_text(bytes(paper.output())).split("\n")
    assert paper.page_no() > 5
    assert said.count("Komponentas") == paper.page_no()
    # One piece each: a broken amount would be two.
    assert said.count(HUGE) == 601
    assert said.count("2026-06") == said.count("12.345.678") == 300


def test_columns_are_as_wide_as_what_stands_in_them_and_fill_the_page() -> None:
    for content in (CONTENT, replace(CONTENT, groups=[])):
        paper = draw(content, at=NOW)
        widths = column_widths(paper, content)
        assert sum(widths) == pytest.approx(paper.epw)
        paper.set_font(FONT, "", SIZE)
        for cells in content.groups:
            wide = [paper.get_string_width(cell) + 2 * paper.c_margin for cell in cells]
            assert all(wide[at] <= widths[at] for at in range(len(cells)) if at != SHOP)
    assert column_widths(draw(CONTENT, at=NOW), CONTENT)[SHOP] > 25


@pytest.mark.parametrize("names", range(20, 40))
def test_the_title_of_the_table_stays_with_its_first_row(names: int) -> None:
    paper = draw(replace(CONTENT, holder=["Ąžuolas"] * names, groups=CONTENT.groups[:1]), at=NOW)
    said = pdf_text(bytes(paper.output())).split("\n")
    footers = [at for at, text in enumerate(said) if "puslapis" in text]
    title, row = said.index("Mėnesio sumos"), said.index("Mokėjimų apdorojimas")
    assert not any(title < at < row for at in footers)
