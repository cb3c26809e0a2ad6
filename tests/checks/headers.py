#!/usr/bin/env python3
"""Each header compiles alone."""
import concurrent.futures
import os
import subprocess
import tempfile
import tree

FLAGS = ["-fsyntax-only", "-x", "c", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
         "-Isrc", "-Iinclude",
         *subprocess.run(["pkg-config", "--cflags", "libpq"], capture_output=True, text=True).stdout.split()]


def complaint(path, std=None):
    """What the compiler says about a file that includes nothing but this header, twice."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as unit:
        unit.write(f'#include "{path}"\n' * 2)
        unit.flush()
        done = subprocess.run([os.environ.get("CC", "gcc"), *FLAGS, *([std] if std else []), "-I.", unit.name],
                              cwd=tree.ROOT, capture_output=True, text=True, check=False)
    return [path, *done.stderr.splitlines()[:10]] if done.returncode else []


def complaints(paths, std=None):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [line for lines in pool.map(lambda path: complaint(path, std), paths) for line in lines]


internal, public = tree.files(".h", under="src/"), tree.files(".h", under="include/")
tree.report([
    (f"each of {len(internal)} headers of src/ compiles alone", complaints(internal)),
    (f"each of {len(public)} installed headers compiles alone as C99", complaints(public, "-std=c99")),
])
