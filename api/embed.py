#!/usr/bin/env python3
"""Writes a file's bytes as a C header: embed.py IN OUT NAME gives `static const char NAME[]` and NAME_size."""
import sys

source, target, name = sys.argv[1:4]
with open(source, 'rb') as file:
    data = file.read()
rows = [', '.join(f"'\\x{byte:02x}'" for byte in data[at:at + 12]) for at in range(0, len(data), 12)]
with open(target, 'w', encoding='ascii') as file:
    file.write(f'/* {source.rsplit("/", 1)[-1]} as bytes, made by the build. */\n#include <stddef.h>\n\n')
    file.write(f'static const char {name}[] = {{\n    ' + ',\n    '.join(rows) + ',\n};\n')
    file.write(f'static const size_t {name}_size = sizeof({name});\n')
