// npm's @huggingface/hub against a server: node hub.mjs NODE_MODULES ENDPOINT CACHE REPO COMMIT COMMAND
// list: a line of JSON a file. snapshot: downloads all files into the cache, prints the folder. scan: what it makes of the cache.
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, hubUrl, cacheDir, repo, revision, command] = process.argv.slice(2);
const hub = await import(pathToFileURL(path.join(modules, "@huggingface/hub/dist/index.mjs")));
console.debug = () => {};

if (command === "list") {
  for await (const file of hub.listFiles({ repo, revision, hubUrl, recursive: true })) console.log(JSON.stringify(file));
} else if (command === "snapshot") {
  console.log(await hub.snapshotDownload({ repo, revision, hubUrl, cacheDir }));
} else if (command === "file") {
  console.log(await hub.downloadFileToCacheDir({ repo, revision, hubUrl, cacheDir, path: "onnx/vision_model.onnx" }));
} else if (command === "scan") {
  console.log(JSON.stringify(await hub.scanCacheDir(cacheDir)));
}
