"""Documents as they are laid out: what they show, what they are made of, and that nothing in them is ever run."""

import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from foundation.reasons import Both
from licences.pdf.artwork import seal_svg
from licences.pdf.checking import read_code
from licences.pdf.glyphs import legible
from licences.pdf.layout import LAYOUTS, Field, Style, Watermark, render, style_of
from tests.licences.papers import ADDRESS, CODE, page, scanned, text, tool

LONG = "经研究，原则同意你单位报送的环境影响报告书的结论以及拟采取的生态环境保护措施。" * 40
HOSTILE = [
    '#panic("run")',
    '#read("/etc/passwd")',
    "$ x^2 $ *bold* _it_ `raw` <label> @ref // c",
    '"]) #import "x.typ"',
    '\\u{41} "quoted" \\',
    "</text><script>alert(1)</script>&amp;",
]


def pages(pdf: bytes) -> int:
    return int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_each_layout_shows_all_that_the_licence_says_in_both_languages(layout: str, orientation: str) -> None:
    shown = text(render(page(style=Style(layout=layout, orientation=orientation))).pdf)
    for part in (
        "建设用地规划许可证", "Planningpermit", "成规划局〔2024〕17号", "成都数控机床有限公司", "用地位置", "Location",
        "成都市高新区天府大道北段1700号", "2024年3月5日", "5March2024", "2026年3月4日", "20240000017.001.K",
        "成都市规划和自然资源局", ADDRESS,
    ):  # fmt: skip
        assert part in shown, part


@pytest.mark.parametrize("layout", LAYOUTS)
def test_both_codes_are_read_from_the_paper(layout: str) -> None:
    assert scanned(render(page(style=Style(layout=layout))).pdf) == {CODE, ADDRESS}


def test_a_copys_codes_are_read_through_its_watermark() -> None:
    mark = Watermark("办理银行贷款", "工商银行天府支行", dt.datetime(2024, 4, 1, 4, tzinfo=dt.UTC))
    pdf = render(page(watermark=mark)).pdf
    assert scanned(pdf) == {CODE, ADDRESS}
    shown = text(pdf)
    assert "仅限一次用途的副本" in shown
    assert shown.count("工商银行天府支行") > 5
    assert "2024年4月1日12:00前有效" in shown


def test_the_same_page_gives_the_same_bytes_and_another_page_others() -> None:
    assert render(page()).pdf == render(page()).pdf
    assert render(page()).pdf != render(page(number="成规划局〔2024〕18号")).pdf


def test_documents_made_at_once_in_threads_do_not_take_each_others_texts() -> None:
    wanted = [page(number=f"第{number}号", holders=["甲"] * (number % 4 + 1)) for number in range(24)]
    alone = [render(one) for one in wanted]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(render, wanted)) == alone


def test_it_is_marked_as_pdf_a_2b_with_an_output_intent_and_embedded_fonts() -> None:
    check_pdf_a(render(page()).pdf)


def check_pdf_a(pdf: bytes) -> None:
    """The named checks by which the document is called PDF/A-2b: no more is claimed."""
    root = PdfFileReader(io.BytesIO(pdf)).root
    xmp = ElementTree.fromstring(root["/Metadata"].data.decode())
    values = {element.tag.rpartition("}")[2]: element.text for element in xmp.iter() if "pdfa/ns/id/" in element.tag}
    assert values == {"part": "2", "conformance": "B"}
    intent = root["/OutputIntents"][0]
    assert (intent["/S"], intent["/DestOutputProfile"]["/N"]) == ("/GTS_PDFA1", 3)
    fonts = tool("pdffonts", "PDF", pdf=pdf).decode().splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts), fonts
    assert "/Names" not in root or "/EmbeddedFiles" not in root["/Names"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_text_holds_is_shown_and_never_run(hostile: str) -> None:
    shown = text(
        render(
            page(
                title=Both(hostile, hostile),
                holders=[hostile],
                number=hostile,
                fields=[Field(Both(hostile, hostile), hostile)],
                style=Style(note=Both(hostile, hostile)),
                watermark=Watermark(hostile, hostile, dt.datetime(2024, 4, 1, tzinfo=dt.UTC)),
            )
        ).pdf
    )
    assert "".join(hostile.split()) in shown


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_text_at_all_can_be_laid_out(anything: str) -> None:
    assert render(page(holders=[anything], fields=[Field(Both(anything, anything), anything)])).pdf


def test_a_character_that_the_font_lacks_is_marked_and_named() -> None:
    shown = text(render(page(holders=["王𪚥"])).pdf)
    assert "王〓" in shown
    assert "U+2A6A5" in shown


def test_what_reorders_or_hides_text_does_not_enter_a_document() -> None:
    assert legible("张\u202e三\u200b丰\0") == ("张三丰", ())
    assert legible("𠮷野家") == ("𠮷野家", ())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_long_contents_flow_over_numbered_pages_and_the_seal_stands_on_the_last(layout: str) -> None:
    rendered = render(page(fields=[Field(Both("决定", "Decision"), LONG)] * 3, style=Style(layout=layout)))
    count = pages(rendered.pdf)
    assert count > 2
    assert rendered.seal_page == count - 1
    for number in range(1, count + 1):
        shown = "".join(
            tool("pdftotext", "-f", str(number), "-l", str(number), "PDF", "-", pdf=rendered.pdf).decode().split()
        )
        assert f"第{number}页/共{count}页" in shown
        assert "成规划局〔2024〕17号" in shown
    assert scanned(rendered.pdf, number=count) == {CODE, ADDRESS}


def test_a_seal_alone_on_its_page_says_that_it_has_no_text() -> None:
    found = [
        pdf
        for lines in range(8, 24)
        if pages(
            pdf := render(page(fields=[Field(Both("项", "Line"), "值")] * lines, style=Style(layout="permit"))).pdf
        )
        == 2
    ]
    assert any("此页无正文" in text(pdf) for pdf in found)
    assert "此页无正文" not in text(render(page()).pdf)


def test_several_holders_all_stand_on_it() -> None:
    names = ["张三丰", "李四", "欧阳修远", "王小二", "赵五"]
    assert all(name in text(render(page(holders=names)).pdf) for name in names)


def test_the_code_is_read_back_from_the_file() -> None:
    assert read_code(render(page()).pdf) == CODE
    assert read_code(render(page(offline_code="LX1:A B ")).pdf) == "LX1:A B "
    assert read_code(b"%PDF-1.7 nonsense") == ""


def test_an_unknown_style_is_the_plain_one() -> None:
    assert style_of({}) == Style()
    assert style_of({"layout": "<evil>", "accent": 7, "orientation": None}) == Style()
    stated = {
        "layout": "permit",
        "accent": "gold",
        "orientation": "landscape",
        "heading_zh": "证",
        "heading_en": "Permit",
    }
    assert style_of(stated) == replace(Style("permit", "gold", "landscape"), heading=Both("证", "Permit"))


def test_the_seal_carries_the_bodys_name_and_code_and_is_well_formed() -> None:
    svg = seal_svg("成都市<规划>&局", "11510100LX0000046C")
    letters = [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]
    assert "".join(letters) == "成都市<规划>&局电子印章11510100LX0000046C"
