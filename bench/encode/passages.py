"""How many passages a CPU-second onnxruntime takes, on one thread: a peer of `npm run bench -- encode --native`.

Usage: python bench/encode/passages.py MODEL.onnx TOKENIZER.json TEXTS ROUNDS      needs numpy, onnxruntime and tokenizers

Batches of 32 passages of like length, padded to the longest of each; tokenizing and pooling are included, as they are in ours.
Prints a line of JSON a round.
"""

import json
import sys
import time

import numpy
import onnxruntime
from tokenizers import Tokenizer

BATCH = 32
MAX_TOKENS = 256


def encode(session, tokenizer, texts):
    encoded = sorted((one.ids for one in tokenizer.encode_batch(texts)), key=len)
    for start in range(0, len(encoded), BATCH):
        batch = encoded[start : start + BATCH]
        ids = numpy.zeros((len(batch), len(batch[-1])), numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        rows = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        pooled = (rows * mask[:, :, None]).sum(1)
        yield pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)


def main(model, tokenizer, texts, rounds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    with open(texts, encoding="utf-8") as file:
        texts = file.read().splitlines()
    list(encode(session, tokenizer, texts[:BATCH]))
    for _ in range(int(rounds)):
        before = time.process_time()
        list(encode(session, tokenizer, texts))
        print(json.dumps({"passages": len(texts), "seconds": round(time.process_time() - before, 4)}))


main(*sys.argv[1:])
