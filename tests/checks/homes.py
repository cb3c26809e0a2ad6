#!/usr/bin/env python3
"""Each third-party header has its one home, so that a library can be replaced in one place."""
import re
import tree

HOMES = {
    "microhttpd.h": ["src/http/server.c"],
    "sqlite3.h": ["src/store/sqlite/"],
    "roaring/": ["src/store/sqlite/"],
    "libpq-fe.h": ["src/store/postgres/"],
    "curl/": ["src/client/", "src/auth/jwks"],
    "jansson.h": ["src/base/json_read.c"],
    "cjose/": ["src/auth/jwt.c", "src/auth/key_set.c"],
    "sodium.h": ["src/auth/", "src/model/cursor.c", "src/model/digest.c"],
    "utf8proc.h": ["src/base/text.c"],
}
INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.MULTILINE)


def elsewhere(header, homes):
    for path in tree.files(".c", ".h", under="src/"):
        if path.startswith(tuple(homes)):
            continue
        for included in INCLUDE.findall(tree.text(path)):
            if included.startswith(header):
                yield f"{path} includes <{included}>"


tree.report([(f"<{header}{'…' if header.endswith('/') else ''}> lives in {', '.join(homes)}",
              list(elsewhere(header, homes))) for header, homes in HOMES.items()])
