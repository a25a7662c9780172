"""The messages of ``profile.proto`` for the protobuf library: an oracle without code of ours."""

from __future__ import annotations

from typing import Any

import _needs

_needs.module("google.protobuf")

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402

# Message -> fields as "name type", numbered from 1; `*` is repeated, a capital is a message.
_MESSAGES = {
    "ValueType": ["type int64", "unit int64"],
    "Label": ["key int64", "str int64", "num int64", "num_unit int64"],
    "Sample": ["location_id uint64*", "value int64*", "label Label*"],
    "Mapping": [
        *("id uint64", "memory_start uint64", "memory_limit uint64", "file_offset uint64"),
        *("filename int64", "build_id int64", "has_functions bool", "has_filenames bool"),
        *("has_line_numbers bool", "has_inline_frames bool"),
    ],
    "Line": ["function_id uint64", "line int64", "column int64"],
    "Location": ["id uint64", "mapping_id uint64", "address uint64", "line Line*", "folded bool"],
    "Function": [
        *("id uint64", "name int64", "system_name int64", "filename int64", "start_line int64"),
    ],
    "Profile": [
        *("sample_type ValueType*", "sample Sample*", "mapping Mapping*", "location Location*"),
        *("function Function*", "string_table string*", "drop_frames int64", "keep_frames int64"),
        *("time_nanos int64", "duration_nanos int64", "period_type ValueType", "period int64"),
        *("comment int64*", "default_sample_type int64"),
    ],
}
_KIND = descriptor_pb2.FieldDescriptorProto


def _file(*, packed: bool) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"profile_{packed}.proto", package=f"packed_{packed}", syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields, 1):
            label, kind = field.removesuffix("*").split()
            added = message.field.add(name=label, number=number)
            added.label = _KIND.LABEL_REPEATED if field.endswith("*") else _KIND.LABEL_OPTIONAL
            if kind[0].isupper():
                added.type, added.type_name = _KIND.TYPE_MESSAGE, f".packed_{packed}.{kind}"
            else:
                added.type = getattr(_KIND, f"TYPE_{kind.upper()}")
                if field.endswith("int64*"):
                    added.options.packed = packed
    return file


def message_class(*, packed: bool = True) -> Any:
    """Return the class of a profile, whose rows of numbers are written packed or one by one."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_file(packed=packed))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"packed_{packed}.Profile"))
