#!/usr/bin/env python3
"""Whether files are what docs/interface.schema.json says, strictly: a member that the schema does not know is wrong, too.

A validator for the keywords that the schema uses; it refuses others, so that none is passed over."""
import json
import re
import sys
from pathlib import Path

SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "docs/interface.schema.json").read_text())
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
SAYS_NOTHING = {"$schema", "$id", "$defs", "title", "description"}


def problems(schema, value, at):
    """Yields what is wrong with a value."""
    if "$ref" in schema:
        yield from problems(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, at)
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{at} is no {kind}"
        return
    for keyword, wanted in schema.items():
        if keyword in SAYS_NOTHING or keyword in {"$ref", "type"}:
            continue
        elif keyword == "const":
            if value != wanted:
                yield f"{at} is not {wanted}"
        elif keyword == "enum":
            if value not in wanted:
                yield f"{at} is {value}, and none of {wanted}"
        elif keyword == "required":
            yield from (f"{at} has no {name}" for name in wanted if name not in value)
        elif keyword == "properties":
            for name, member in value.items():
                if name in wanted:
                    yield from problems(wanted[name], member, f"{at}.{name}")
                else:
                    yield f"{at}.{name} is not in the schema"
        elif keyword == "additionalProperties":
            for name, member in value.items():
                yield from problems(wanted, member, f"{at}.{name}")
        elif keyword == "items":
            for index, item in enumerate(value):
                yield from problems(wanted, item, f"{at}[{index}]")
        elif keyword == "pattern":
            if not re.search(wanted, value):
                yield f"{at} is {value}, and not as {wanted}"
        elif keyword in {"minimum", "minItems"}:
            if (value if keyword == "minimum" else len(value)) < wanted:
                yield f"{at} is below {wanted}"
        elif keyword in {"maximum", "maxItems"}:
            if (value if keyword == "maximum" else len(value)) > wanted:
                yield f"{at} is above {wanted}"
        else:
            sys.exit(f"check-interface: the schema uses {keyword}, which this does not know")


found = 0
for path in sys.argv[1:]:
    for problem in problems(SCHEMA, json.loads(Path(path).read_text()), "interface"):
        print(f"{path}: {problem}", file=sys.stderr)
        found += 1
if found or len(sys.argv) < 2:
    sys.exit(f"check-interface: {found} problems")
print(f"check-interface: {len(sys.argv) - 1} files are as docs/interface.schema.json says")
