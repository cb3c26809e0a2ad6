#!/usr/bin/env python3
"""What of the house style a script can see in the C sources, and no compiler or formatter does."""
import re
import tree

BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca|localtime|gmtime|rand|system)\s*\("
RAW_MEMORY = r"\b(malloc|calloc|realloc|reallocarray|strdup|strndup|free)\s*\("
OPENING = re.compile(r"/\* [\w`].*[^.]\. \*/")


def guard_of(path):
    return "JOBD_" + re.sub(r"\W", "_", re.sub(r"^(src|include)/(jobd(?=\.h))?", "", path)).upper().lstrip("_")


def block_after(source, start):
    """The text between the first brace after `start` and its partner."""
    begin = end = source.index("{", start)
    depth = 0
    while end < len(source):
        depth += {"{": 1, "}": -1}.get(source[end], 0)
        if depth == 0:
            break
        end += 1
    return source[begin:end]


def defaults(path, source, constants):
    """Switches with a default that name a constant of one of our enums in a case."""
    for match in re.finditer(r"\bswitch\s*\(", source):
        block = block_after(source, match.end())
        cases = set(re.findall(r"\bcase\s+(\w+)\s*:", block))
        if re.search(r"\bdefault\s*:", block) and cases & constants:
            yield f"{path}:{source.count(chr(10), 0, match.start()) + 1}: default beside {min(cases & constants)}"


paths = tree.files(".c", ".h")
bare = {path: tree.bare(path) for path in paths}
enums = " ".join(body for source in bare.values() for body in re.findall(r"\benum\b[^{;()]*\{([^}]*)\}", source))
constants = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", enums))
headers = [path for path in paths if path.endswith(".h")]


def everywhere(pattern, where=paths):
    return [line for path in where for line in tree.matches(path, pattern, bare[path])]


tree.report([
    ("the first line is one sentence", [p for p in paths if not OPENING.fullmatch(tree.text(p).split("\n")[0])]),
    ("comments are /* */", everywhere(r"//")),
    ("no tabs, no blanks at line ends", [l for p in paths for l in tree.matches(p, r"\t|\s$")]),
    ("100 columns", [l for p in paths for l in tree.matches(p, r"^.{101}")]),
    ("no banned functions", everywhere(BANNED)),
    ("memory comes from src/base", everywhere(RAW_MEMORY, [p for p in paths if p.startswith("src/")
                                                           and not p.startswith("src/base/")])),
    ("no typedef of a struct", everywhere(r"\btypedef\s+(struct|union)\b")),
    ("files under 500 lines", [f"{p}: {n}" for p in tree.files(".c", ".h", ".mjs", ".py", ".sh", ".ts")
                               if (n := tree.text(p).count("\n")) > 500]),
    ("no default in a switch over our enums", [l for p in paths for l in defaults(p, bare[p], constants)]),
    ("header guards follow the path", [f"{p}: {guard_of(p)}" for p in headers if not re.search(
        rf"^#ifndef {guard_of(p)}\n#define {guard_of(p)}\n", tree.text(p), re.MULTILINE)]),
])
