"""Loads a pickle: unpickle.py FILE.

Prints seconds, processor seconds, and the peak of memory in bytes before (Python and NumPy) and after.
"""
import os
import pickle
import resource
import sys
import time

import numpy  # noqa: F401  the pickle names it; its import is not measured as time



def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


print("base", peak())
before = time.process_time()
start = time.perf_counter()
with open(sys.argv[1], "rb") as file:
    loaded = pickle.load(file)
print("seconds", time.perf_counter() - start)
print("cpu", time.process_time() - before)
print("peak", peak())
print("images", len(loaded))
sys.stdout.flush()
os._exit(0)  # taking the dictionary apart is no part of loading it
