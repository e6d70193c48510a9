// Ours: one of the two builds of the encoder module as it ships, with the small form as readers fetch it.

export async function open({ glue, parts, bytes }) {
  const module = await import(glue);
  await module.default();
  if (!module.self_test()) throw new Error("the module fails its own test");
  const loader = new module.EncoderLoader(bytes);
  for (const part of parts) loader.part(part, new Uint8Array(await (await fetch(part)).arrayBuffer()));
  const encoder = loader.finish();
  return { encode: ({ text }) => encoder.encode(text) };
}
