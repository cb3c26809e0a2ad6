"""Writes the migrations, in order of their numbers, as a header with an array of C strings."""
import pathlib
import sys

output, *inputs = map(pathlib.Path, sys.argv[1:])


def literal(line):
    return '    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


scripts = []
for number, path in enumerate(sorted(inputs), 1):
    if not path.stem.endswith(f"-{number:03}"):
        sys.exit(f"{path.name} should be number {number:03}")
    scripts.append("\n".join(map(literal, path.read_text(encoding="utf-8").splitlines())) + ",\n")
output.write_text("/* The scripts of the schema, from the first version on. */\n"
                  "static const char *const migrations[] = {\n" + "".join(scripts) + "};\n", encoding="utf-8")
