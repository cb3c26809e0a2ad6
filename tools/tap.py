#!/usr/bin/env python3
"""Reads test results: `tap.py meson testlog.json` prints them as TAP, `tap.py count FILE` counts leaf tests."""
import json
import re
import sys

POINT = re.compile(r"^( *)(not ok|ok)\b(?: \d+)?(?: - )?(.*)$")


def points(lines):
    """(depth, good, text) of every test line, a skipped one being good; what lies in a YAML block is no test line."""
    block = None
    for line in lines:
        line = line.rstrip("\n")
        if block is not None:
            block = None if line == block + "..." else block
        elif line.strip() == "---":
            block = line[: -len("---")]
        elif match := POINT.match(line):
            yield len(match[1]), match[2] == "ok" or skipped(match[3]), match[3]


def skipped(text):
    return re.search(r"# SKIP\b", text, re.IGNORECASE) is not None


def leaves(lines):
    """The innermost tests; a failed parent counts itself when none of its children failed (a broken hook, a crash)."""
    children = []
    for depth, good, text in points(lines):
        own = [child for child in children if child[0] > depth]
        children = [child for child in children if child[0] <= depth] + [(depth, good, text)]
        if not own:
            yield good, text
        elif not good and all(child[1] for child in own):
            yield good, text


def count(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        seen = ["failed" if not good else "skipped" if skipped(text) else "passed"
                for good, text in leaves(lines)]
    print(seen.count("passed"), seen.count("failed"), seen.count("skipped"))


def meson(path):
    """One Meson test after the other; one that ended badly without saying `not ok` gets such a line."""
    with open(path, encoding="utf-8") as lines:
        for test in map(json.loads, lines):
            print(f"# {test['name']}: {test['result']}, {test['duration']:.1f} s")
            output = test.get("stdout", "").splitlines()
            own = list(points(output))
            good = test["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
            print(*output, sep="\n")
            if not own or (not good and all(point[1] for point in own)):
                skip = " # SKIP" if test["result"] == "SKIP" else ""
                print(f"{'ok' if good else 'not ok'} - {test['name']}: {test['result']}{skip}")
            if not good:
                print(*("# " + line for line in test.get("stderr", "").splitlines()), sep="\n")


{"meson": meson, "count": count}[sys.argv[1]](sys.argv[2])
