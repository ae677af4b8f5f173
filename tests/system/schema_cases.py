"""Legal and illegal requests made from the schemas of an OpenAPI document: for each field what is missing, null, of a wrong
type, empty, blank, too long, out of bounds, unknown.
"""
import copy

# The largest list that is worth sending; longer limits are those of the body.
MOST_ITEMS = 20_000


class schemas:
    """The schemas of a document.

    @param samples Legal values of fields by name, where the schema alone does not tell.
    """

    def __init__(self, document, samples):
        self.document, self.samples = document, samples

    def resolve(self, schema):
        while "$ref" in schema or "allOf" in schema:
            name = schema.get("$ref") or schema["allOf"][0]["$ref"]
            schema = self.document["components"]["schemas"][name.rsplit("/", 1)[1]]
        return schema

    def operations(self):
        """All that take a body of JSON: (path, method, operation, schema of the body)."""
        for path, verbs in self.document["paths"].items():
            for method, operation in verbs.items():
                body = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if body and (schema := self.resolve(body["schema"])).get("type") == "object":
                    yield path, method.upper(), operation, schema

    def legal(self, schema, name=None):
        """A small legal value."""
        if name in self.samples:
            return copy.deepcopy(self.samples[name])
        schema = self.resolve(schema)
        if "oneOf" in schema:
            return self.legal(schema["oneOf"][0])
        kind = schema.get("type")
        if "enum" in schema:
            return next(x for x in schema["enum"] if x)
        if kind == "object" and "properties" in schema:
            return {key: self.legal(schema["properties"][key], key) for key in schema.get("required", [])}
        if kind == "array":
            return [self.legal(schema["items"]) for _ in range(max(1, schema.get("minItems", 0)))]
        if kind == "string":
            return "x" * max(1, schema.get("minLength", 0))
        if kind in ("integer", "number"):
            return max(1, schema.get("minimum", 1))
        if kind == "boolean":
            return True
        return {"x": 1} if schema.get("minProperties", 0) else {}

    def illegal(self, schema, name=None):
        """Illegal values of a schema, each as (what is wrong, value)."""
        yield "null", None
        schema = self.resolve(schema)
        kind = schema.get("type")
        legal = self.legal(schema, name)
        if kind == "object" and "properties" in schema:
            yield from (("no object", x) for x in ([], "x", 1))
            yield from self.illegal_objects(schema, legal)
        elif "oneOf" in schema:
            yield from (("neither list nor object", x) for x in ("x", 1, True))
            if "minProperties" in schema["oneOf"][1]:
                yield from (("empty", x) for x in ([], {}))
        elif kind == "object":
            yield from (("no object", x) for x in ([], "x", 1))
            if schema.get("minProperties", 0):
                yield "empty", {}
            if "additionalProperties" in schema:
                yield from ((f"[key] {what}", {"key": x}) for what, x in self.illegal(schema["additionalProperties"]))
        elif kind == "array":
            yield from (("no list", x) for x in ({}, "x", 1))
            yield from self.illegal_lists(schema, legal)
        elif kind == "string":
            yield from (("no text", x) for x in (1, True, [], {}))
            yield from illegal_texts(schema)
        elif kind == "integer":
            yield from (("no integer", x) for x in ("x", "", 1.5, "1.5", True, [], {}, 2**63))
            yield from (("out of bounds", x) for x in beyond(schema))
        elif kind == "boolean":
            yield from (("no boolean", x) for x in ("perhaps", "", 2, [], {}))
        elif kind == "number":
            yield from (("no number", x) for x in ("x", True, [], {}))

    def illegal_lists(self, schema, legal):
        least, most = schema.get("minItems", 0), schema.get("maxItems", MOST_ITEMS + 1)
        item = legal[0] if legal else self.legal(schema["items"])
        if least > 0:
            yield "too few", [item] * (least - 1)
        if most <= MOST_ITEMS:
            yield "too many", [item] * (most + 1)
        for what, x in self.illegal(schema["items"]):
            yield f"[0] {what}", [x] + [item] * (least - 1)

    def illegal_objects(self, schema, legal):
        for key in schema.get("required", []):
            yield f"{key}: missing", {k: x for k, x in legal.items() if k != key}
        if schema.get("additionalProperties") is False:
            yield "unknown field", legal | {"colour": 1}
        for key, field in schema["properties"].items():
            for what, x in self.illegal(field, key):
                yield f"{key}: {what}", legal | {key: x}

    def at_the_bounds(self, schema, legal):
        """Bodies that are legal by a hair."""
        for key, field in schema["properties"].items():
            if key in self.samples:
                continue
            field = self.resolve(field)
            if field.get("type") == "string" and "enum" not in field and "format" not in field and "maxLength" in field:
                yield f"{key}: longest", legal | {key: "x" * field["maxLength"]}
                yield f"{key}: longest in another alphabet", legal | {key: "監" * field["maxLength"]}
            elif field.get("type") == "string" and "enum" in field:
                yield from ((f"{key}: {x!r}", legal | {key: x}) for x in field["enum"])
            elif field.get("type") == "integer":
                for bound in ("minimum", "maximum"):
                    if bound in field:
                        yield f"{key}: {bound}", legal | {key: field[bound]}
                        yield f"{key}: {bound} as text", legal | {key: str(field[bound])}


def illegal_texts(schema):
    if "enum" in schema:
        yield "no choice", "no such choice"
        if "" not in schema["enum"]:
            yield "empty", ""
        return
    if schema.get("minLength", 0) > 0:
        yield "empty", ""
        yield from (("blank", x) for x in (" ", "\t \n", "\u00a0\u3000"))
    yield "NUL", "x\u0000x"
    if "maxLength" in schema:
        yield "too long", "x" * (schema["maxLength"] + 1)
    if schema.get("format") == "address":
        yield from (("no address", x) for x in ("not an address", "1.2.3.400", "a..b", "::g"))


def beyond(schema):
    if "minimum" in schema and schema["minimum"] > -2**63:
        yield schema["minimum"] - 1
    if "maximum" in schema and schema["maximum"] < 2**63 - 1:
        yield schema["maximum"] + 1
