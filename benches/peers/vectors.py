"""Vector search with FAISS, usearch, hnswlib, SymphonyQG, NumPy and LanceDB.

vectors.py DIR: NAME.npy are the rows f16 `[N, D]`, NAME.queries.npy the queries f32 `[Q, D]`, NAME.groups a group from
0 to 999 for each row, uint16. Says "ready", then answers lines, in which METRIC is ip or l2:

    use NAME METRIC             all that follows is about these; what was loaded of others is let go
    threads T                   of all peers but LanceDB, which always has one
    exact PEER FIRST COUNT      top 10 of queries, one by one: seconds of one, the median
    batch PEER FIRST COUNT      top 10 of queries in one call: seconds of all
    build PEER                  what an index took to build, and its bytes as a file
    ann PEER COUNT SETTING ...  top 10 of queries by an index: seconds of one, the mean
    filtered PEER END COUNT SETTING ...  the same among rows of groups below END
    range END FIRST COUNT       all rows at least END / 10,000 like one of COUNT rows: seconds of all, hits
    check COUNT                 queries whose ten in ours.ids are no ten best by f64 scores, within 1e-5

with seconds and numbers, which are rows unless said otherwise; 2^64 - 1 is none. `error WHY` is an answer too.
"""
import ctypes
import gc
import glob
import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ["LANCE_CPU_THREADS"] = "1"
import numpy as np

absent = {}
# FAISS before usearch: the other way round its fast scan crashes.
try:
    import faiss
except ImportError:
    absent["faiss"] = "faiss-cpu"
try:
    import usearch.index
except ImportError:
    absent["usearch"] = "usearch"
try:
    import hnswlib
except ImportError:
    absent["hnswlib"] = "hnswlib"
try:
    import rabitqlib
except ImportError:
    absent["rabitqlib"] = "rabitqlib"
try:
    import lancedb
    import pyarrow
except ImportError:
    absent["lancedb"] = "lancedb"

folder = pathlib.Path(sys.argv[1])
NONE = 2**64 - 1
K = 10
state = {"name": "", "metric": "ip", "threads": 1}
kept = {}


def once(make):
    """What is made on first use and kept until another set is used."""

    def get(*key):
        if (make, key) not in kept:
            kept[make, key] = make(*key)
        return kept[make, key]

    return get


def needs(module):
    if module in absent:
        raise ValueError(f"peer absent: pip install {absent[module]}")


def use(name, metric):
    if (name, metric) == (state["name"], state["metric"]):
        return
    kept.clear()
    gc.collect()
    state.update(name=name, metric=metric)


def threads(count):
    """FAISS by its OpenMP, NumPy by the OpenBLAS that comes with it."""
    count = state["threads"] = int(count)
    if "faiss" not in absent:
        faiss.omp_set_num_threads(count)
    pattern = os.path.join(os.path.dirname(np.__file__), "..", "numpy.libs", "libscipy_openblas64_*")
    for path in glob.glob(pattern):
        ctypes.CDLL(path).scipy_openblas_set_num_threads64_(count)


def rows():
    return np.load(folder / f"{state['name']}.npy", mmap_mode="r")


@once
def queries():
    return np.load(folder / f"{state['name']}.queries.npy")


def metric():
    return faiss.METRIC_INNER_PRODUCT if state["metric"] == "ip" else faiss.METRIC_L2


def fill(index):
    """Adds the rows, a few at a time: f32 of all is needed only by what is trained."""
    source = rows()
    for first in range(0, len(source), 65536):
        index.add(np.ascontiguousarray(source[first : first + 65536], "f4"))
    return index


@once
def flat(kind):
    needs("faiss")
    index = faiss.index_factory(rows().shape[1], {"f32": "Flat", "f16": "SQfp16"}[kind], metric())
    if kind == "f16":
        index.train(np.ascontiguousarray(rows()[:1000], "f4"))
    return fill(index)


@once
def matrix():
    """f32; that of FAISS where there is one."""
    if "faiss" in absent:
        return np.array(rows(), "f4")
    index = flat("f32")
    return faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(-1, index.d)


@once
def halves():
    return np.array(rows())


@once
def squares():
    x = matrix()
    return np.einsum("nd,nd->n", x, x)


def numpy_search(q):
    """The sgemm of NumPy and argpartition, 64 queries at a time to bound the memory."""
    x, found = matrix(), []
    for first in range(0, len(q), 64):
        distances = q[first : first + 64] @ x.T
        distances *= -1
        if state["metric"] == "l2":
            distances *= 2
            distances += squares()
        some = np.argpartition(distances, K, axis=1)[:, :K]
        order = np.argsort(np.take_along_axis(distances, some, 1), axis=1)
        found.append(np.take_along_axis(some, order, 1))
    return np.concatenate(found)


def usearch_search(q):
    needs("usearch")
    kind = usearch.index.MetricKind
    kind = kind.IP if state["metric"] == "ip" else kind.L2sq
    found = usearch.index.search(halves(), q.astype("f2"), K, kind, exact=True, threads=state["threads"])
    return np.atleast_2d(found.keys)


@once
def lance():
    needs("lancedb")
    place = tempfile.TemporaryDirectory(dir=folder)
    values = pyarrow.array(halves().reshape(-1))
    column = pyarrow.FixedSizeListArray.from_arrays(values, halves().shape[1])
    numbers = pyarrow.array(np.arange(len(column)))
    table = lancedb.connect(place.name).create_table("t", pyarrow.table({"row": numbers, "vector": column}))
    return place, table


def lance_search(q):
    _, table = lance()
    kind, found = "dot" if state["metric"] == "ip" else "l2", []
    for one in q.astype("f2"):
        hits = table.search(one).distance_type(kind).limit(K).select(["row", "_distance"]).to_arrow()
        found.append(hits["row"].to_numpy())
    return np.array(found)


scans = {
    "faiss": lambda q: flat("f32").search(q, K)[1],
    "faiss16": lambda q: flat("f16").search(q, K)[1],
    "usearch": usearch_search,
    "numpy": numpy_search,
    "lancedb": lance_search,
}


def taken(first, count):
    """Queries, from the beginning again when there are no more."""
    return queries()[np.arange(int(first), int(first) + int(count)) % len(queries())]


def timed(step, *arguments):
    start = time.perf_counter()
    found = step(*arguments)
    return time.perf_counter() - start, found


def numbers(found):
    return [NONE if row < 0 else row for row in np.asarray(found).astype("i8").reshape(-1).tolist()]


def exact(peer, first, count):
    pairs = [timed(scans[peer], q[None]) for q in taken(first, count)]
    return statistics.median(seconds for seconds, _ in pairs), numbers([found for _, found in pairs])


def batch(peer, first, count):
    seconds, found = timed(scans[peer], taken(first, count))
    return seconds, numbers(found)


def lists(count):
    steps = (5_000, 16), (20_000, 64), (100_000, 256), (500_000, 1024)
    return next((some for below, some in steps if count < below), 4096)


def make(peer):
    count, dim = rows().shape
    x = np.array(rows(), "f4")
    if peer == "hnswlib":
        needs("hnswlib")
        start = time.perf_counter()
        index = hnswlib.Index(space=state["metric"], dim=dim)
        index.init_index(max_elements=count, M=16, ef_construction=200)
        index.add_items(x, num_threads=state["threads"])
        return time.perf_counter() - start, index
    if peer == "symqg":
        needs("rabitqlib")
        start = time.perf_counter()
        index = rabitqlib.SymqgIndex(dim, 32, state["metric"])
        index.build(x, 200, num_threads=state["threads"])
        return time.perf_counter() - start, index
    needs("faiss")
    recipe = {
        "ivfpq": f"IVF{lists(count)},PQ{dim // 4}x4fs,RFlat", "ivfflat": f"IVF{lists(count)},Flat", "hnsw": "HNSW16",
    }[peer]  # fmt: skip
    start = time.perf_counter()
    index = faiss.index_factory(dim, recipe, metric())
    if peer == "hnsw":
        index.hnsw.efConstruction = 200
    index.train(x)
    index.add(x)
    return time.perf_counter() - start, index


make = once(make)


def build(peer):
    seconds, index = make(peer)
    path = folder / "peer.index"
    if peer == "hnswlib":
        index.save_index(str(path))
    elif peer == "symqg":
        index.save(str(path))
    else:
        faiss.write_index(index, str(path))
    size = path.stat().st_size
    path.unlink()
    return seconds, [size]


@once
def selector(end):
    """Of the rows of groups below `end`, and its bits, which must live as long."""
    allowed = np.fromfile(folder / f"{state['name']}.groups", "<u2") < end
    bits = np.packbits(allowed, bitorder="little")
    return faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits)), bits


def parameters(peer, settings, sel):
    if peer == "hnsw":
        return faiss.SearchParametersHNSW(efSearch=settings[0], sel=sel)
    if peer == "ivfflat":
        return faiss.SearchParametersIVF(nprobe=settings[0], sel=sel)
    return faiss.SearchParameters(sel=sel)


def ann(peer, count, *settings):
    _, index = make(peer)
    q, settings = queries()[: int(count)], [int(setting) for setting in settings]
    if peer == "hnswlib":
        index.set_ef(settings[0])
        seconds, (found, _) = timed(lambda: index.knn_query(q, K, num_threads=state["threads"]))
    elif peer == "symqg":
        seconds, (found, _) = timed(lambda: index.search_batch(q, K, settings[0], num_threads=state["threads"]))
    else:
        nprobe, factor = settings
        below = faiss.SearchParametersIVF(nprobe=nprobe)
        above = faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=below)
        seconds, (_, found) = timed(lambda: index.search(q, K, params=above))
    return seconds / len(q), numbers(found)


def filtered(peer, end, count, *settings):
    needs("faiss")
    index = flat("f16") if peer == "faiss16" else make(peer)[1]
    sel, _ = selector(int(end))
    chosen = parameters(peer, [int(setting) for setting in settings], sel)
    q = queries()[: int(count)]
    seconds, (_, found) = timed(lambda: index.search(q, K, params=chosen))
    return seconds / len(q), numbers(found)


def within(end, first, count):
    needs("faiss")
    index, first = flat("f32"), int(first)
    q = np.ascontiguousarray(rows()[first : first + int(count)], "f4")
    seconds, (limits, _, _) = timed(index.range_search, q, int(end) / 10_000)
    return seconds, [int(limits[-1])]


def scores64(q):
    """f64, larger is better: `[Q, N]`."""
    x, found = rows(), []
    for first in range(0, len(x), 16384):
        part = x[first : first + 16384].astype("f8")
        products = q @ part.T
        if state["metric"] == "l2":
            products = 2 * products - np.einsum("nd,nd->n", part, part) - np.einsum("qd,qd->q", q, q)[:, None]
        found.append(products)
    return np.concatenate(found, axis=1)


def check(count):
    """Scores, not rows: among equals any may be among the ten."""
    q = queries()[: int(count)].astype("f8")
    ours = np.fromfile(folder / "ours.ids", "<u8").astype("i8").reshape(len(q), -1)
    bad = 0
    for found, scores in zip(ours, scores64(q)):
        best = -np.sort(-scores)[: len(found)]
        bad += len(set(found)) < len(best) or np.abs(scores[found] - best).max() > 1e-5 * np.abs(scores).max()
    return 0.0, [int(bad)]


def answer(task, *rest):
    if task in ("use", "threads"):
        {"use": use, "threads": threads}[task](*rest)
        return 0.0, []
    tasks = {
        "exact": exact, "batch": batch, "build": build, "ann": ann, "filtered": filtered, "range": within, "check": check,
    }  # fmt: skip
    return tasks[task](*rest)


threads(1)
print("ready", flush=True)
for line in sys.stdin:
    try:
        seconds, found = answer(*line.split())
        print(seconds, *found, flush=True)
    except Exception as error:
        print("error", " ".join(str(error).split()) or type(error).__name__, flush=True)
