#!/usr/bin/env python3
"""Merges the contract and our own OpenAPI document into the one jobd serves: merge.py CONTRACT OURS OUT."""
import json
import sys

# What we decided where the contract is silent, as {(method, path): {status: our response}}.
AMENDMENTS = {
    ('get', '/rest/jobs/v1/jobs/{jobId}'): {'304': 'NotModified'},
    ('delete', '/rest/jobs/v1/jobs/{jobId}'): {'403': 'JobNotOwned', '413': 'PayloadTooLarge'},
}
# What we decided where the contract has no bounds, as {(method, path): {status: our sentence}}.
SENTENCES = {
    ('get', '/rest/jobs/v1/jobs'): {
        '400': 'A name has at most 2000 characters and a type at most 255, and there are at most 100 '
               'different types.',
    },
}
# What any operation may answer, as the contract does not say.
EVERYWHERE = {'429': 'TooManyRequests', '503': 'StoreUnavailable'}


def unify(into, more, where):
    """Adds more's entries to into; the same name must mean the same thing."""
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            sys.exit(f'merge.py: {where}/{name} differs between the two documents')


def add_paths(merged, document):
    prefix = document['servers'][0]['url']
    for path, methods in document['paths'].items():
        unify(merged['paths'].setdefault(prefix + path, {}), methods, f'paths{prefix}{path}')


def amend(merged, contract):
    prefix = contract['servers'][0]['url']
    wanted = {(method, prefix + path): dict(EVERYWHERE)
              for path, methods in contract['paths'].items() for method in methods}
    for key, responses in AMENDMENTS.items():
        wanted[key].update(responses)
    for (method, path), responses in wanted.items():
        operation = merged['paths'][path][method]['responses']
        for status, name in responses.items():
            if name not in merged['components']['responses']:
                sys.exit(f'merge.py: no response {name} for the {status} of {method} {path}')
            unify(operation, {status: {'$ref': f'#/components/responses/{name}'}}, f'{method} {path}')
    for (method, path), sentences in SENTENCES.items():
        for status, sentence in sentences.items():
            response = merged['paths'][path][method]['responses'][status]
            response['description'] += f' {sentence}'


def merge(contract, ours):
    merged = {'openapi': ours['openapi'], 'info': ours['info'], 'servers': [{'url': '/'}],
              'tags': ours['tags'], 'security': ours['security'], 'components': {}, 'paths': {}}
    for document in (contract, ours):
        for kind, entries in document['components'].items():
            unify(merged['components'].setdefault(kind, {}), entries, f'components/{kind}')
        add_paths(merged, document)
    amend(merged, contract)
    return merged


if __name__ == '__main__':
    documents = [json.load(open(name, encoding='utf-8')) for name in sys.argv[1:3]]
    with open(sys.argv[3], 'w', encoding='utf-8') as out:
        json.dump(merge(*documents), out, ensure_ascii=False, separators=(',', ':'))
