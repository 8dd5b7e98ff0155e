"""A statement as PDF. The font is embedded: it knows Lithuanian, Cyrillic and Greek letters."""

from datetime import datetime
from logging import WARNING, getLogger
from pathlib import Path

from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align, TableBordersLayout, VAlign
from fpdf.fonts import FontFace

from commissions.documents.content import Content, content_of
from commissions.models import Statement

# It tells every table of the font that it makes smaller.
getLogger("fontTools").setLevel(WARNING)
FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
SIZE, SHOP, EDGE = 7.5, 3, 0.2
GREY = (215, 215, 222)
# Title, headings and a first row whose shop has a long name.
TOGETHER = 60


class _Paper(FPDF):
    def __init__(self, content: Content) -> None:
        super().__init__(format="A4")
        self.content = content
        self.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_auto_page_break(auto=True, margin=20)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FONT, size=7)
        page = self.content.page_of.format(page=self.page_no(), pages="{nb}")
        self.cell(0, 8, f"{self.content.title} {self.content.number}    {page}", align="C")


def write_pdf(statement: Statement) -> bytes:
    """The whole file; the same statement makes the same bytes."""
    return bytes(draw(content_of(statement), at=statement.issued_at or statement.drafted_at).output())


def draw(content: Content, *, at: datetime) -> FPDF:
    """The pages."""
    paper = _Paper(content)
    paper.set_title(f"{content.title} {content.number}".strip())
    paper.set_author(content.issuer)
    paper.set_lang(content.language)
    paper.set_creation_date(at)
    paper.set_draw_color(*GREY)
    paper.add_page()
    _head(paper, content)
    _summary(paper, content)
    _groups(paper, content)
    return paper


def _line(paper: _Paper, text: str, size: float, style: str = "", height: float = 5) -> None:
    paper.set_font(FONT, style, size)
    paper.multi_cell(0, height, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _head(paper: _Paper, content: Content) -> None:
    _line(paper, content.issuer, 9)
    _line(paper, content.title, 18, "B", 10)
    for text in (content.number, content.notice):
        if text:
            _line(paper, text, 11, "B", 6)
    paper.ln(3)
    for text in content.holder:
        _line(paper, text, 10)
    paper.ln(3)
    for label, value in content.facts:
        _line(paper, f"{label}: {value}", 9)
    paper.ln(4)


def _summary(paper: _Paper, content: Content) -> None:
    paper.set_font(FONT, size=10)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=(70, 30),
        text_align=("LEFT", "RIGHT"),
        first_row_as_headings=False,
        line_height=6,
    ) as table:
        for label, amount, is_sum in content.summary:
            row = table.row(style=FontFace(emphasis="BOLD") if is_sum else None)
            row.cell(label)
            row.cell(amount)
    paper.ln(3)
    _line(paper, content.verdict, 12, "B", 7)
    paper.ln(4)


def _groups(paper: _Paper, content: Content) -> None:
    paper.set_font(FONT, size=SIZE)
    widths = column_widths(paper, content)
    if paper.will_page_break(TOGETHER):  # the title never stands alone at the end of a page
        paper.add_page()
    _line(paper, content.groups_title, 11, "B", 7)
    paper.set_font(FONT, size=SIZE)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=widths,
        text_align=("LEFT", "LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT"),
        v_align=VAlign.T,
        line_height=4.5,
    ) as table:
        for cells in (content.headers, *content.groups):
            row = table.row()
            for cell in cells:
                row.cell(cell)


def column_widths(paper: FPDF, content: Content) -> list[float]:
    """As wide as what stands in them, so that no amount is ever broken; the shop's name gets what is left."""
    around = 2 * paper.c_margin + EDGE
    widths = []
    for header, *cells in zip(content.headers, *content.groups, strict=True):
        paper.set_font(FONT, "B", SIZE)
        words = [paper.get_string_width(word) for word in header.split()]
        paper.set_font(FONT, "", SIZE)
        widths.append(max([*words, *(paper.get_string_width(cell) for cell in cells)]) + around)
    widths[SHOP] = max(paper.epw - sum(widths) + widths[SHOP], 0) or widths[SHOP]
    return widths
