"""Reading a catalogue that somebody uploads: a workbook or a zip of CSV files, trusted in nothing. No database."""

import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from foundation.reasons import Both
from foundation.workbooks import MOST_PARTS, UNREADABLE
from registry.catalogue import read_catalogue
from registry.errors import CatalogueError, RowError
from registry.rows import COLUMNS, Catalogue

MEBIBYTE = 1024 * 1024
MOST_UPLOADED = 20 * MEBIBYTE
MOST_UNPACKED = 100 * MEBIBYTE
MOST_CELLS = 2_000_000
FILES = tuple(f"{sheet}.csv" for sheet in COLUMNS)

_SAVED = "catalogue.xlsx"
_ENCRYPTED = 0x1
_UNREADABLE = (InvalidFileException, *UNREADABLE)


def read_upload(name: str, content: IO[bytes]) -> Catalogue:
    """Return the catalogue in an uploaded .xlsx or .zip; `CatalogueError` names all faults, those of the file too.

    What is in a zip is never written under the names that it gives, and nothing is unpacked beyond the limits.
    """
    kind = Path(name).suffix.lower()
    content.seek(0, 2)
    if kind not in {".xlsx", ".zip"}:
        raise _refused(name, "请上传 .xlsx 工作簿或 CSV 文件的 .zip", "upload an .xlsx workbook or a .zip of CSV files")
    if content.tell() > MOST_UPLOADED:
        size = MOST_UPLOADED // MEBIBYTE
        raise _refused(name, f"文件超过 {size} MiB，请用命令行导入", f"is over {size} MiB: import it by the command")
    content.seek(0)
    try:
        archive = zipfile.ZipFile(content)
    except _UNREADABLE as error:
        zh, en = ("工作簿", "workbook") if kind == ".xlsx" else (" zip 文件", "zip file")
        raise _refused(name, f"不是有效的{zh}，请重新保存", f"is no valid {en}: save it again") from error
    with archive, TemporaryDirectory() as folder:
        if kind == ".zip":
            _unpack(name, archive, Path(folder))
            return read_catalogue(Path(folder))
        _check_workbook(name, archive)
        return _read_workbook(name, content, Path(folder) / _SAVED)


def _refused(file: str, zh: str, en: str) -> CatalogueError:
    return CatalogueError([RowError(file, 0, "", Both(zh, en))])


def _unpack(name: str, archive: zipfile.ZipFile, folder: Path) -> None:
    parts = _bounded(name, archive)
    faults = [fault for part in parts for fault in _part_faults(part)]
    names = [part.filename for part in parts]
    faults += [_fault(twice, "文件重复", "stands twice") for twice in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise CatalogueError(faults)
    for part in parts:
        try:
            (folder / FILES[FILES.index(part.filename)]).write_bytes(archive.read(part))
        except _UNREADABLE:
            faults.append(_fault(part.filename, "文件已损坏，请重新压缩", "is damaged: zip it again"))
    if faults:
        raise CatalogueError(faults)


def _bounded(name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what is in an archive; reading a part never gives more than the size it declares, so these are added."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise _refused(name, f"内含超过{MOST_PARTS}个文件", f"holds more than {MOST_PARTS} files")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        size = MOST_UNPACKED // MEBIBYTE
        raise _refused(name, f"解压后超过 {size} MiB，未予读取", f"unpacks to over {size} MiB and was not read")
    return parts


def _fault(file: str, zh: str, en: str) -> RowError:
    return RowError(file[:200], 0, "", Both(zh, en))


def _part_faults(part: zipfile.ZipInfo) -> list[RowError]:
    file = part.filename
    if part.is_dir() or "/" in file or "\\" in file:
        return [
            _fault(file, "不得有文件夹或路径，请只压缩文件本身", "holds a path: zip the files without their folder")
        ]
    if file not in FILES:
        wanted = ", ".join(FILES)
        return [_fault(file, f"不是目录的文件，应为：{wanted}", f"is no file of a catalogue, which are {wanted}")]
    if part.flag_bits & _ENCRYPTED or part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return [_fault(file, "已加密或压缩方式不受支持", "is encrypted or compressed in a way that is not supported")]
    return []


def _check_workbook(name: str, archive: zipfile.ZipFile) -> None:
    """Refuse a workbook that unpacks to too much, or whose rows would be padded to too many cells."""
    _bounded(name, archive)
    try:
        book = openpyxl.load_workbook(archive.fp, read_only=True, data_only=True)
        sheets = [book[sheet] for sheet in COLUMNS if sheet in book.sheetnames]
        cells = 0
        for row in (row for sheet in sheets for row in sheet.iter_rows(values_only=True)):
            cells += max(1, len(row))
            if cells > MOST_CELLS:
                break
    except _UNREADABLE as error:
        raise _refused(name, "不是有效的工作簿，请重新保存", "is no valid workbook: save it again") from error
    if cells > MOST_CELLS:
        english = f"spans more than {MOST_CELLS:,} cells: delete empty rows and columns"
        raise _refused(name, f"跨越超过 {MOST_CELLS:,} 个单元格，请删除空行空列", english)


def _read_workbook(name: str, content: IO[bytes], path: Path) -> Catalogue:
    content.seek(0)
    path.write_bytes(content.read())
    try:
        return read_catalogue(path)
    except CatalogueError as error:
        # Faults name the file as the person knows it.
        named = [replace(fault, file=fault.file.replace(_SAVED, name, 1)) for fault in error.errors]
        raise CatalogueError(named) from error
