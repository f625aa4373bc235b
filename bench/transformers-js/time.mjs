// Embeds a folder of pictures with transformers.js each time a line comes in, and answers with the seconds it took.
// node time.mjs <model folder> <dtype> <threads> <batch size> <picture folder>
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { AutoImageProcessor, CLIPVisionModelWithProjection, RawImage, env } from '@huggingface/transformers';

const [folder, dtype, threads, batchSize, pictures] = process.argv.slice(2);
const files = readdirSync(pictures).sort().map(name => path.join(pictures, name));

env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder);
const id = path.basename(folder);
const processor = await AutoImageProcessor.from_pretrained(id);
const model = await CLIPVisionModelWithProjection.from_pretrained(id, {
  device: 'cpu', dtype, session_options: { intraOpNumThreads: Number(threads) },
});

async function embedAll() {
  let first;
  for (let start = 0; start < files.length; start += Number(batchSize)) {
    const images = await Promise.all(files.slice(start, start + Number(batchSize)).map(file => RawImage.read(file)));
    const { image_embeds } = await model(await processor(images));
    first ??= Array.from(image_embeds[0].data);
  }
  return first;
}

for await (const _ of createInterface({ input: process.stdin })) {
  const begin = performance.now();
  const first = await embedAll();
  console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, first }));
}
