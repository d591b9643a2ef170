# Values on the wire, read and checked by the shapes of a service model.
import re
from datetime import datetime

import regex  # The models' patterns use \p{...}, which `re` lacks.


def local(element):
    return element.tag.rpartition("}")[2]


def read_query(shape, prefix, form, listed):
    """What a form stands for, and the keys that said so. `listed`: before the number of an item."""
    if shape.type_name == "structure":
        value, used = {}, set()
        for name, member in shape.members.items():
            location = member.serialization.get("name", name)
            key = member.serialization.get("queryName", location[0].upper() + location[1:])
            inner, keys = read_query(member, f"{prefix}.{key}" if prefix else key, form, listed)
            if keys:
                value[name] = inner
                used |= keys
        return value, used
    if shape.type_name == "list":
        items, used = [], set()
        while True:
            inner, keys = read_query(shape.member, f"{prefix}{listed}.{len(items) + 1}", form, listed)
            if not keys:
                return items, used
            items.append(inner)
            used |= keys
    if prefix not in form:
        return None, set()
    text = form[prefix]
    if shape.type_name in ("integer", "long"):
        return int(text), {prefix}
    return (text == "true" if shape.type_name == "boolean" else text), {prefix}


def read_xml(element, shape, path):
    """The value that an element stands for, and what in it the model does not know."""
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        values, texts = (
            [],
            [f"{path}: element {local(item)} in a list" for item in element if local(item) != name],
        )
        for index, item in enumerate(element):
            value, inner = read_xml(item, shape.member, f"{path}[{index}]")
            values.append(value)
            texts += inner
        return values, texts
    if shape.type_name == "structure":
        known = {
            member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
        }
        value, texts = {}, []
        for child in element:
            if local(child) not in known:
                texts.append(f"{path}: unknown element {local(child)}")
                continue
            name, member = known[local(child)]
            if member.serialization.get("flattened"):
                # Each item stands for itself, without an element round them all.
                items = value.setdefault(name, [])
                item, inner = read_xml(child, member.member, f"{path}.{name}[{len(items)}]")
                items.append(item)
            else:
                value[name], inner = read_xml(child, member, f"{path}.{name}")
            texts += inner
        return value, texts
    text = element.text or ""
    if shape.type_name in ("integer", "long"):
        return (int(text), []) if re.fullmatch(r"-?\d+", text) else (0, [f"{path}: {text!r} is no integer"])
    if shape.type_name == "timestamp":
        try:
            return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp(), []
        except ValueError:
            return 0, [f"{path}: {text!r} is no time"]
    if shape.type_name == "boolean":
        return text == "true", [] if text in ("true", "false") else [f"{path}: {text!r} is no boolean"]
    return text, []


TYPES = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float),
    "float": (int, float),
    "double": (int, float),
    "blob": bytes,
}


def in_python(pattern):
    """Java writes what lies beyond 16 bits as two halves, and takes a range of such pairs."""
    return pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def faults_of(value, shape, path):
    """Type, required and unknown members, enum, pattern, least and greatest length or number."""
    kind = shape.type_name
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path}: {value!r} is no {kind}"
        return
    yield from constraint_faults(value, shape, path)
    if kind == "structure":
        for name in value.keys() - shape.members.keys():
            yield f"{path}: unknown member {name}"
        for name in shape.required_members:
            if name not in value:
                yield f"{path}: {name} is missing"
        for name, member in shape.members.items():
            if name in value:
                yield from faults_of(value[name], member, f"{path}.{name}")
    elif kind == "list":
        for index, item in enumerate(value):
            yield from faults_of(item, shape.member, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from faults_of(key, shape.key, f"{path} key {key}")
            yield from faults_of(item, shape.value, f"{path}.{key}")


def constraint_faults(value, shape, path):
    metadata, kind = shape.metadata, shape.type_name
    enum = getattr(shape, "enum", None) or metadata.get("enum")
    if enum and value not in enum:
        yield f"{path}: {value!r} is none of {enum}"
    if "pattern" in metadata and not regex.search(in_python(metadata["pattern"]), value):
        yield f"{path}: {value!r} does not match {metadata['pattern']}"
    if kind in ("structure", "boolean", "timestamp"):
        return
    size = value if kind in ("integer", "long", "float", "double") else len(value)
    if "min" in metadata and size < metadata["min"]:
        yield f"{path}: {size} is below the minimum {metadata['min']}"
    if "max" in metadata and size > metadata["max"]:
        yield f"{path}: {size} is above the maximum {metadata['max']}"
