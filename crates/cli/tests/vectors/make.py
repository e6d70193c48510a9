"""Remakes the files of this directory, as other programs write them: what `crates/cli` must read or refuse.

    pip install numpy==2.4.6 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.0 && python make.py

Three rows `a`, `b`, `c` of four numbers, but where a file's name says what is wrong with it.
"""

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

rows = [[0.5, -0.25, 1.0, 0.125], [1.0, 2.0, 3.0, 4.0], [-1.0, 0.0, 0.0, 0.5]]
ids = ["a", "b", "c"]


def write(name, vectors, kind=pa.list_(pa.float32()), names=ids, column="vector", id_column="id", **options):
    table = pa.table({id_column: pa.array(names), column: pa.array(vectors, kind)})
    if "fingerprint" in options:
        table = table.replace_schema_metadata({"sextant.fingerprint": options.pop("fingerprint")})
    pq.write_table(table, name, **options)


write("pyarrow-snappy.parquet", rows, compression="snappy")
write("pyarrow-zstd-v2.parquet", rows, compression="zstd", data_page_version="2.0", fingerprint="f0")
write("pyarrow-fixed-doubles.parquet", rows, pa.list_(pa.float64(), 4), compression="none")
write("pyarrow-halves.parquet", [np.array(r, np.float16) for r in rows], pa.list_(pa.float16()), column="embedding")
write("pyarrow-gzip.parquet", rows, compression="gzip")
write("pyarrow-integer-ids.parquet", rows, names=[7, 8, 9], row_group_size=1)
pl.DataFrame({"id": ids, "vector": rows}, schema={"id": pl.String, "vector": pl.Array(pl.Float32, 4)}).write_parquet("polars.parquet")
duckdb.sql(f"""copy (select unnest({ids}) as id, unnest({rows})::float[4] as vector) to 'duckdb.parquet' (format parquet)""")

write("bad-null-number.parquet", [rows[0], [1.0, None, 3.0, 4.0], rows[2]])
write("bad-null-list.parquet", [rows[0], None, rows[2]])
write("bad-empty-list.parquet", [rows[0], rows[1], []])
write("bad-null-id.parquet", rows, names=["a", None, "c"])
write("bad-shorter.parquet", [rows[0], rows[1][:3], rows[2]])
write("bad-nan.parquet", [rows[0], rows[1], [1.0, 2.0, float("nan"), 4.0]])
write("bad-twice.parquet", rows, names=["a", "b", "a"])
write("bad-integers.parquet", [[1, 2, 3, 4]] * 3, pa.list_(pa.int32()))
write("bad-no-list.parquet", [1.0, 2.0, 3.0], pa.float32())
write("bad-no-ids.parquet", rows, id_column="name")
write("bad-no-vectors.parquet", rows, column="values")
write("bad-empty.parquet", [], names=pa.array([], pa.string()))
write("bad-lz4.parquet", rows, compression="lz4")

np.save("numpy.npy", np.array(rows, np.float32))
np.save("bad-columns.npy", np.asfortranarray(np.array(rows, np.float32)))
