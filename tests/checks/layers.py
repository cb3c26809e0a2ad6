#!/usr/bin/env python3
"""Includes point down: a layer of src/ sees itself and the layers below it, nothing else."""
import re
import tree

BELOW = {
    "base": "",
    "model": "base",
    "store": "model base",
    "auth": "model base",
    "service": "store auth model base",
    "http": "service store auth model base",
    "daemon": "http service store auth model base",
    "client": "model base",
    "jobctl": "client model base",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def layer_of(path):
    return path.split("/")[1]


def strangers(path):
    """What `path` includes of layers it must not see; a file of its own directory is its own layer."""
    own = layer_of(path)
    allowed = {own, *BELOW.get(own, "").split()}
    for included in INCLUDE.findall(tree.text(path)):
        target = included.split("/")[0] if "/" in included else None
        if target in BELOW and target not in allowed:
            yield f"{path} includes {included}"


sources = tree.files(".c", ".h", under="src/")
rules = [(f"{layer} sees only {below or 'itself'}",
          [line for path in sources if layer_of(path) == layer for line in strangers(path)])
         for layer, below in BELOW.items()]
rules.append(("every directory of src/ is a layer",
              sorted({path for path in sources if layer_of(path) not in BELOW})))
rules.append(("includes within the tree start at src/, without ..",
              [f"{path} includes {included}" for path in sources
               for included in INCLUDE.findall(tree.text(path)) if ".." in included]))
tree.report(rules)
