// transformers.js against a server: node classify.mjs NODE_MODULES ENDPOINT CACHE REPO REVISION LABELS_JSON IMAGE
// Downloads the model from the server, classifies the image and prints the labels' probabilities, in their order.
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, remoteHost, cacheDir, repo, revision, labelsJson, image] = process.argv.slice(2);
const { env, pipeline } = await import(pathToFileURL(path.join(modules, "@huggingface/transformers/dist/transformers.node.mjs")));
env.remoteHost = remoteHost;
env.allowLocalModels = false;
env.cacheDir = cacheDir;
const labels = JSON.parse(labelsJson);
const classify = await pipeline("zero-shot-image-classification", repo, { revision, dtype: "fp32" });
const scored = await classify(image, labels, { hypothesis_template: "a photo of a {}." });
console.log(JSON.stringify(labels.map((label) => scored.find((s) => s.label === label).score)));
