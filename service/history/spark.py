"""Features on a Spark cluster: the same blocks over the same snapshot, which every node must be able to read."""

import os
import shutil
import socket
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from features import cohort, matrix
from features.history import TABLES, History
from service.errors import Unavailable
from service.history.moments import one_date

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: of this machine's own cores, without a cluster: to try it
LOCAL = "spark://local"

#: how a session is set up; everything else is the site's, in spark-defaults.conf
_SETTINGS: Mapping[str, str] = {
    "spark.app.name": "retrace",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    # the blocks are hundreds of small plans: to plan each anew while it runs costs more than it finds
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.debug.maxToStringFields": "10",
}
#: on one machine the tables are small, and compiling each plan to byte code takes longer than running it
_SMALL: Mapping[str, str] = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


class Spark:
    """Features on the cluster of a master such as `spark://host:7077`, or of this machine (`spark://local`).

    Raises `Unavailable` where PySpark or Java is missing or the master cannot be reached.
    """

    def __init__(self, snapshot: Path, master: str) -> None:
        self._session = _session(master)
        self._backend = ibis.pyspark.connect(self._session)
        self.history = History({name: self._table(snapshot, name) for name in TABLES})

    def _table(self, snapshot: Path, name: str) -> ibis.Table:
        return self._backend.read_parquet(str(snapshot / f"{name}.parquet"), table_name=f"event_{name}")

    def eligible(self, target: str, as_of: datetime) -> matrix.Matrix:
        """Everyone eligible at one moment, with their features."""
        return self.of(target, cohort.eligible(self.history, target, one_date(as_of)))

    def of(self, target: str, rows: ibis.Table) -> matrix.Matrix:
        """A cohort with its features."""
        try:
            wanted = matrix.expression(self.history, rows, target, self._keep)
            found = self._session.sql(str(self._backend.compile(wanted))).toArrow()
            return matrix.of(found.cast(wanted.schema().to_pyarrow()), target)
        finally:
            self._session.catalog.clearCache()

    def close(self) -> None:
        """Give the cluster's machines back."""
        self._session.stop()

    def _keep(self, table: ibis.Table) -> ibis.Table:
        """Computed once, where Spark would compute it at each mention, and plan all of it together."""
        name = ibis.util.gen_name("kept")
        kept = self._backend.create_view(name, table)
        self._session.catalog.cacheTable(name)
        return kept


def _session(master: str) -> "SparkSession":
    lacking = _lacking(master)
    if lacking:
        raise Unavailable(f"RETRACE_ENGINE is {master}, but {lacking}.")
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    local = master == LOCAL
    builder = SparkSession.builder.master("local[*]" if local else master)
    for key, value in ({**_SETTINGS, **_SMALL} if local else _SETTINGS).items():
        builder = builder.config(key, value)
    try:
        session: SparkSession = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise Unavailable(f"RETRACE_ENGINE is {master}, but Spark does not start: {_first_line(error)}.") from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def _lacking(master: str) -> str | None:
    """What a session would need and does not find, asked before Spark tries for minutes."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed: install Retrace with its extra, `pip install 'retrace[spark]'`"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "there is no Java: install Java 17, or set JAVA_HOME"
    if master == LOCAL or any(_answers(address) for address in master.removeprefix("spark://").split(",")):
        return None
    return "no master answers there: check host and port, and that Spark's master runs"


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=10):
            return True
    except OSError:
        return False


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
