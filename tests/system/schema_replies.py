"""Runs in the environment of schema_tester.py: judges an OpenAPI document, and replies by it.

Standard input: {"document": ..., "replies": [{"method", "path", "status", "type", "text"}]}. Prints what is wrong, a line each.
"""
import json
import sys

from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

given = json.load(sys.stdin)
document = given["document"]
for problem in OpenAPIV30SpecValidator(document).iter_errors():
    print(f"document: {problem.message[:500]}")

for reply in given["replies"]:
    name = f"{reply['method']} {reply['path']}"
    operation = document["paths"].get(reply["path"], {}).get(reply["method"].lower())
    if operation is None:
        print(f"{name}: not in the document")
        continue
    response = operation["responses"].get(str(reply["status"]))
    if response is None:
        print(f"{name}: status {reply['status']} is not in the document")
        continue
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    content = response.get("content", {}).get(reply["type"])
    if content is None:
        print(f"{name}: {reply['type']} with {reply['status']} is not in the document")
    elif reply["type"] == "application/json":
        schema = content["schema"] | {"components": document["components"]}
        for problem in OAS30Validator(schema).iter_errors(json.loads(reply["text"])):
            print(f"{name}: {problem.message[:300]} in {reply['text'][:300]}")
            for part in problem.context or []:
                print(f"    {'/'.join(map(str, part.path))}: {part.message[:300]}")
