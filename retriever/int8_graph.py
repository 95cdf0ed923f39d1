"""From a float32 ONNX graph to the files that are served: weights in int8, large tables apart."""

from pathlib import Path
from typing import Final

import onnx
from onnx.external_data_helper import set_external_data
from onnxruntime.quantization import quantize_dynamic

from retriever.prepared_model import GRAPH, TABLES

TABLE_FROM: Final = 2**25  # bytes; of smaller ones there is little to save: MiniLM's words have 12 MB
PAGE: Final = 4096  # bytes, at multiples of which a file can be mapped


def quantise(float32: Path, folder: Path) -> None:
    """Write a float32 graph's int8 one, and its large tables, into the folder.

    One scale per channel: cosine 0.994 to fp32, where one scale per tensor keeps 0.969.
    """
    quantised = float32.with_name("int8.onnx")
    quantize_dynamic(float32, quantised, per_channel=True)
    graph = onnx.load(quantised)
    graph.producer_name = graph.producer_version = graph.doc_string = ""  # the same weights, the same checksum
    _lay_apart(graph, folder / TABLES)
    (folder / GRAPH).write_bytes(graph.SerializeToString(deterministic=True))


def _lay_apart(graph: onnx.ModelProto, file: Path) -> None:
    """Move large tables into a file of their own, which onnxruntime maps instead of reading it.

    A question looks at ten rows of e5's 250,000 words: 96 MB that never come into memory.
    """
    tables = [tensor for tensor in graph.graph.initializer if len(tensor.raw_data) >= TABLE_FROM]
    if not tables:
        return
    with file.open("wb") as written:
        for tensor in tables:
            written.write(bytes(-written.tell() % PAGE))
            set_external_data(tensor, file.name, offset=written.tell(), length=len(tensor.raw_data))
            written.write(tensor.raw_data)
            tensor.ClearField("raw_data")
