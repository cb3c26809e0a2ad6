#!/usr/bin/env python3
"""The counter of ./dev test counts leaves: no test twice, no failure lost."""
import json
import subprocess
import sys
import tempfile
import tree

NESTED = """TAP version 13
# Subtest: a file
    # Subtest: of its tests
    ok 1 - good
      ---
      error: |-
        not ok 9 - text, not a test
      ...
    not ok 2 - bad
    ok 3 - later # SKIP
    1..3
not ok 1 - a file
1..1
"""
CASES = [
    ("nested tests count, their parents do not", "count", NESTED, "1 1 1"),
    ("flat tests", "count", "ok 1 - a\nnot ok 2 - b\nok 3 - c\n1..3\n", "2 1 0"),
    ("cmocka's skipped test is no failure", "count", "ok 1 - a\nnot ok 2 # SKIP b\n", "1 0 1"),
    ("a parent that fails by itself counts", "count", "    ok 1 - a\nnot ok 1 - after hook\n", "1 1 0"),
    ("an empty log holds nothing", "count", "", "0 0 0"),
    ("a program that dies after good tests has failed", "meson",
     json.dumps({"name": "x", "result": "ERROR", "duration": 1, "stdout": "1..2\nok 1 - a\n"}), "1 1 0"),
    ("a program that says nothing and ends well has passed", "meson",
     json.dumps({"name": "x", "result": "OK", "duration": 1}), "1 0 0"),
]


def tap(mode, content):
    with tempfile.NamedTemporaryFile("w") as log:
        log.write(content)
        log.flush()
        return subprocess.run([sys.executable, str(tree.ROOT / "tools/tap.py"), mode, log.name],
                              capture_output=True, text=True, check=True).stdout


def counted(mode, content):
    return tap("count", tap("meson", content) if mode == "meson" else content).strip()


tree.report([(what, [f"{got}, not {expected}"] if (got := counted(mode, content)) != expected else [])
             for what, mode, content, expected in CASES])
