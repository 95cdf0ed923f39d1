"""Multilingual-e5-small out of its packed file, as a sentence-transformers directory.

Model: intfloat/multilingual-e5-small, MIT; Wang et al., "Multilingual E5 Text Embeddings", 2024.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from retriever.e5_file import E5File, Sizes, Vocabulary, checked, read

QUERY_PREFIX: Final = "query: "
PASSAGE_PREFIX: Final = "passage: "
_SPACE: Final = "\u2581"  # how the pieces spell a space

_EMBEDDINGS: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def unpack(packed: Path, folder: Path) -> None:
    """Write the packed model into `folder` as SentenceTransformer.save() would. Raises ModelError, OSError."""
    file = read(packed)
    folder.mkdir(parents=True, exist_ok=True)
    with checked(packed):
        weights = _weights(file)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(file).save(str(folder / "tokenizer.json"))
    for name, content in _configuration(file.sizes, file.vocabulary).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


def _weights(file: E5File) -> dict[str, NDArray[np.float32]]:
    """The tensors under the names and in the shapes of a Hugging Face BertModel."""
    expected = len(_EMBEDDINGS) + 2 * len(_LAYER) * file.sizes.layers
    if len(file.tensors) != expected:
        raise ValueError(f"{len(file.tensors)} tensors, expected {expected} for {file.sizes.layers} layers")
    names = dict(_EMBEDDINGS)
    for layer in range(file.sizes.layers):
        for short, long in _LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{long}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{long}.bias"
    return {long: file.tensors[short].reshape(file.sizes.shape(short)) for short, long in names.items()}


def _tokenizer(file: E5File) -> Tokenizer:
    words = file.vocabulary
    tokenizer = Tokenizer(Unigram(words.pieces, unk_id=words.unknown, byte_fallback=False))
    tokenizer.normalizer = _normalizer(file.normalisation)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", words.bos), ("</s>", words.eos)]
    )
    return tokenizer


def _normalizer(table: Mapping[str, str]) -> normalizers.Normalizer:
    """The file's table: what it drops, what it makes a space, and NFKC for the rest.

    Beyond dropping and spacing the table is NFKC of single characters; NFKC also composes "e" + accent, as the original
    tokenizer does. (Some 70 rare characters that NFKC changes and the table does not know are left to NFKC.)
    """
    dropped = [character for character, text in table.items() if text == ""]
    spaces = [character for character, text in table.items() if text == " "]
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class(dropped)), ""),
            normalizers.Replace(Regex(_character_class(spaces)), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _character_class(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(character):x}}}" for character in sorted(characters)) + "]"


def _configuration(sizes: Sizes, vocabulary: Vocabulary) -> dict[str, dict[str, Any] | list[dict[str, Any]]]:
    """The small files of a sentence-transformers directory, by name."""
    network = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.ffn,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": sizes.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": vocabulary.pad,
        "dtype": "float32",
    }
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": network,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": sizes.positions,
            "cls_token": "<s>", "sep_token": "</s>", **tokens,
        },
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": QUERY_PREFIX, "document": PASSAGE_PREFIX}},
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
    }  # fmt: skip
