"""Operative notes from Parquet, read on Spark; records, codes and evidence to Parquet.

    pip install 'opnote[spark]'
    spark-submit docs/examples/spark_parquet.py NOTES OUT
    python docs/examples/spark_parquet.py NOTES OUT           # all cores of this machine

NOTES is a Parquet file or folder with the columns note_id, text and date_of_service (a date, a timestamp or a string
like 2026-01-31; may be null). OUT must not be there yet and gets the folders records, codes and evidence. Both may be
any address that Spark knows. The package must be installed in the Python of the workers (PYSPARK_PYTHON names it).
Each core reads a partition at a time: give the notes as many files as there are cores. They are not shuffled, since a
shuffle would write note text to the disks of the executors.
"""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession

from extractor.etl import spark as opnote


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notes", metavar="NOTES")
    parser.add_argument("out", metavar="OUT")
    given = parser.parse_args()

    session = SparkSession.builder.appName("opnote").getOrCreate()
    notes = session.read.parquet(given.notes)
    opnote.extract(notes).write.parquet(f"{given.out}/records")

    # From what was written: from the records above every note would be read anew for each table.
    records = session.read.parquet(f"{given.out}/records")
    opnote.codes(records).write.parquet(f"{given.out}/codes")
    opnote.evidence(records).write.parquet(f"{given.out}/evidence")
    records.groupBy("status", "decision").count().orderBy("status", "decision").show()
    session.stop()


if __name__ == "__main__":
    main()
