"""Archive files of the record: Parquet, one row an entry, read and written in groups so that memory stays flat.

Columns `index` (int64), `leaf_hash` (32 bytes, RFC 6962 section 2.1) and `leaf`, sorted by index, compressed by zstd.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow
from pyarrow import parquet

from audit.merkle import leaf_hash

Row = tuple[int, bytes, bytes]
"""An entry's place, leaf hash and leaf."""

GROUP = 10_000  # rows
SCHEMA = pyarrow.schema(
    [
        pyarrow.field("index", pyarrow.int64(), nullable=False),
        pyarrow.field("leaf_hash", pyarrow.binary(32), nullable=False),
        pyarrow.field("leaf", pyarrow.binary(), nullable=False),
    ]
)


class ArchiveDamaged(Exception):
    """Rows are not those of the tree in their order, or a file is not what was written."""


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows to a new file and return how many; `ArchiveDamaged` where they are not in order or not as hashed."""
    checked, count = iter(_checked(rows)), 0
    with parquet.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while group := list(islice(checked, GROUP)):
            columns = [
                pyarrow.array(list(values), type=field.type)
                for values, field in zip(zip(*group, strict=True), SCHEMA, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(columns, schema=SCHEMA), row_group_size=GROUP)
            count += len(group)
    return count


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, checked as when they were written; `ArchiveDamaged` where it cannot be read."""
    return _checked(_read(path))


def _read(path: Path) -> Iterator[Row]:
    try:
        with parquet.ParquetFile(path) as file:
            if file.schema_arrow != SCHEMA:
                raise ArchiveDamaged(f"{path} has other columns")
            for batch in file.iter_batches(batch_size=GROUP):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (pyarrow.ArrowException, OSError) as error:
        raise ArchiveDamaged(f"{path} cannot be read: {error}") from error


def _checked(rows: Iterable[Row]) -> Iterator[Row]:
    before = -1
    for index, hashed, leaf in rows:
        if index <= before:
            raise ArchiveDamaged(f"the entry at {index} does not come after that at {before}")
        if leaf_hash(leaf) != hashed:
            raise ArchiveDamaged(f"the entry at {index} is not the one that was hashed")
        before = index
        yield index, hashed, leaf
