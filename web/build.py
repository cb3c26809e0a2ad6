#!/usr/bin/env python3
"""Builds the page with npm and Vite and embeds it, compressed beforehand, as the C behind src/http/web.h."""
import argparse
import fcntl
import filecmp
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

WEB = pathlib.Path(__file__).resolve().parent
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
BROTLI = """
const fs = require('fs'), zlib = require('zlib'), key = zlib.constants;
for (const file of process.argv.slice(1)) {
  const bytes = fs.readFileSync(file);
  const params = {[key.BROTLI_PARAM_QUALITY]: 11, [key.BROTLI_PARAM_SIZE_HINT]: bytes.length};
  fs.writeFileSync(file + '.br', zlib.brotliCompressSync(bytes, {params}));
}
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--npm", help="without it there is no page, only the table that says so")
    parser.add_argument("--required", action="store_true", help="fail when the page cannot be built")
    parser.add_argument("--scratch", type=pathlib.Path, help="a directory of the build for Vite's output")
    parser.add_argument("--depfile", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    return parser.parse_args()


def install(npm):
    """npm's clean installation, once for each package-lock.json, however many builds run at a time."""
    stamp = WEB / "node_modules" / ".installed-lock"
    if not stamp.is_file() or not filecmp.cmp(WEB / "package-lock.json", stamp, shallow=False):
        # A machine without a network is to learn so in seconds.
        patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"]
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", *patience], cwd=WEB, check=True)
        shutil.copy(WEB / "package-lock.json", stamp)


def build(npm, dist):
    with open(WEB / "package.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(npm)
        subprocess.run([npm, "run", "build", "--", "--outDir", dist.resolve(), "--emptyOutDir"], cwd=WEB, check=True)
    files = sorted(path for path in dist.rglob("*") if path.is_file())
    names = [path.relative_to(dist).as_posix() for path in files]
    strangers = [name for name in names if name != "index.html" and name.count("/") + name.startswith("assets/") != 2]
    if strangers:
        raise ValueError(f"only index.html and assets/NAME are served, not {', '.join(strangers)}")
    node = shutil.which("node", path=f"{pathlib.Path(npm).parent}:{os.environ['PATH']}") or "node"
    subprocess.run([node, "-e", BROTLI, *files], check=True)
    return list(zip(names, files))


def forms(path):
    """Each coding's bytes; None where a coding does not make the file smaller."""
    plain = path.read_bytes()
    packed = [path.with_name(path.name + ".br").read_bytes(), gzip.compress(plain, 9, mtime=0)]
    return [form if len(form) < len(plain) else None for form in packed] + [plain]


def array(name, data):
    rows = [",".join(str(byte) for byte in data[at:at + 24]) for at in range(0, len(data), 24)]
    return f"static const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "};\n"


def embed(files, output):
    arrays, table = [], []
    for number, (name, path) in enumerate(files):
        cells = []
        for coding, data in zip(("br", "gzip", "identity"), forms(path)):
            if data is None:
                cells.append("{{NULL, 0}, NULL}")
                continue
            variable = f"file_{number}_{coding}"
            arrays.append(array(variable, data))
            tag = hashlib.sha256(data).hexdigest()[:20]
            cells.append(f'{{{{(const char *){variable}, sizeof({variable})}}, "\\"{tag}\\""}}')
        table.append(f'    {{"{name}", "{TYPES[path.suffix]}", {{{", ".join(cells)}}}}},\n')
    output.write_text("/* The page's files, made by web/build.py. */\n#include \"http/web.h\"\n\n" + "".join(arrays) +
                      "\nconst struct web_file web_files[] = {\n" + "".join(table) + "    {0},\n};\n"
                      f"const size_t web_file_count = {len(table)};\n", encoding="ascii")


def write_depfile(depfile, output):
    """Every file and directory of web/ that git keeps: what is added, changed or removed makes a new page."""
    found = [WEB]
    for directory, names, files in os.walk(WEB):
        names[:] = [name for name in names if name not in ("node_modules", "__pycache__")]
        found += [pathlib.Path(directory) / name for name in names + files]
    escaped = [str(path).replace(" ", "\\ ") for path in sorted(found)]
    depfile.write_text(f"{output}: {' '.join(escaped)}\n", encoding="utf-8")


def main():
    args = arguments()
    if args.depfile:
        write_depfile(args.depfile, args.output)
    if not args.npm:
        return embed([], args.output)
    try:
        embed(build(args.npm, args.scratch), args.output)
    except (subprocess.CalledProcessError, OSError, ValueError, KeyError) as error:
        print(f"warning: the page could not be built, jobd goes without: {error}", file=sys.stderr)
        if args.required:
            return 1
        embed([], args.output)
        os.utime(args.output, (1, 1))  # out of date, so that the next build tries again
    return 0


sys.exit(main())
