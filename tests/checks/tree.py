"""What the checks share: the files of the tree, C without its comments and strings, and TAP."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
IGNORED = {"node_modules", ".git", "__pycache__", "data"}
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(*suffixes, under=""):
    """Relative paths of the tree's files, those git does not ignore where there is git."""
    found = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "--deduplicate"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        paths = found.stdout.splitlines()
    else:
        paths = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                 if not any(part in IGNORED or part.startswith("build") for part in path.parts)]
    return sorted(path for path in paths if path.startswith(under) and (ROOT / path).is_file()
                  and (not suffixes or path.endswith(suffixes)))


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def bare(path):
    """C source with comments blanked and strings emptied; line numbers stay. `//` comments remain visible."""
    def blank(match):
        token = match[0]
        if token.startswith("/*"):
            return "\n" * token.count("\n") or " "
        return token[:2] if token.startswith("//") else token[0] + token[0]
    return TOKEN.sub(blank, text(path))


def matches(path, pattern, source=None):
    """`file:line: text` of every line the pattern is found in."""
    return [f"{path}:{number}: {line.strip()}"
            for number, line in enumerate((source or text(path)).splitlines(), 1)
            if re.search(pattern, line)]


def report(rules):
    """Prints one TAP line for each (rule, findings) and ends the program with 1 when there are findings."""
    failed = 0
    for number, (rule, findings) in enumerate(rules, 1):
        failed += bool(findings)
        print(f"{'not ok' if findings else 'ok'} {number} - {rule}")
        for finding in findings:
            print("#", finding)
    print(f"1..{len(rules)}")
    sys.exit(1 if failed else 0)
