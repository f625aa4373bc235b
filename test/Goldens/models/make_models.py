"""Makes the golden models beside this file: the original CLIP (openai/CLIP, clip/model.py) on seeded random weights, on a CPU.

    python3 make_models.py path/to/CLIP/clip/model.py output-folder

Needs PyTorch (1.13 was used) and NumPy. Written for this project; nothing of the original's code is in it.
"""
import importlib.util
import json
import os
import struct
import sys

import numpy as np
import torch

SLICE = 512  # of gradients and trained weights, so many numbers of each tensor are kept: enough to notice a wrong one


def load_original(path):
    spec = importlib.util.spec_from_file_location("original_clip", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save(path, tensors):
    """safetensors: a header of names, types, shapes and places; then the bytes."""
    kinds = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
    header, blobs, offset = {}, [], 0
    for name, value in tensors.items():
        value = value.detach().contiguous()
        raw = value.view(torch.int16) if value.dtype == torch.bfloat16 else value
        blob = raw.numpy().tobytes()
        header[name] = {"dtype": kinds[value.dtype], "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def part(value):
    return value.detach().reshape(-1)[:SLICE].clone() if value.dim() else value.detach().clone()


def loss_of(logits_per_image, logits_per_text):
    """CLIP paper, figure 3: cross entropy over rows and over columns, averaged."""
    labels = torch.arange(len(logits_per_image))
    return (torch.nn.functional.cross_entropy(logits_per_image, labels) + torch.nn.functional.cross_entropy(logits_per_text, labels)) / 2


def texts_of(random, config, count):
    """Start, words, end (the largest id), zeros."""
    texts = torch.zeros(count, config["context_length"], dtype=torch.long)
    for row in texts:
        words = int(torch.randint(1, config["context_length"] - 1, (1,), generator=random))
        row[0] = config["vocab_size"] - 2
        row[1:words + 1] = torch.randint(0, config["vocab_size"] - 2, (words,), generator=random)
        row[words + 1 if words + 1 < len(row) else -1] = config["vocab_size"] - 1
    return texts


def train(model, images, texts):
    """Gradients of the first step, and what three steps of AdamW make of the weights."""
    model.train()
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    rest = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.2}, {"params": rest, "weight_decay": 0.0}], lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
    gradients = {}
    for step in range(3):
        optimizer.zero_grad()
        loss = loss_of(*model(images[step], texts[step]))
        loss.backward()
        if step == 0:
            gradients = {name: part(value.grad) for name, value in model.named_parameters()}
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, np.log(100))
    return gradients, {name: part(value) for name, value in model.state_dict().items()}


def variants(model, images, texts):
    """What models differ in that are built like CLIP: where the text's feature is read, and the activation."""
    rows = {}

    def keep(module, inputs, output):
        rows["last norm"] = output

    def features():
        hook = model.ln_final.register_forward_hook(keep)
        text = model.encode_text(texts)
        hook.remove()
        return rows["last norm"], text

    with torch.no_grad():
        every, text = features()
        result = {
            "quickgelu.argmax.image_features": model.encode_image(images),
            "quickgelu.argmax.text_features": text,
            "quickgelu.eos.text_features": text.clone(),  # the end of a text has the largest id, so both rules read there
            "quickgelu.first.text_features": every[:, 0] @ model.text_projection,
            "quickgelu.last.text_features": every[:, -1] @ model.text_projection,
        }
        exact = [(module, module.mlp.gelu) for tower in (model.visual.transformer, model.transformer) for module in tower.resblocks]
        for module, _ in exact:
            module.mlp.gelu = torch.nn.GELU()
        _, text = features()
        result["gelu.argmax.text_features"] = text
        result["gelu.argmax.image_features"] = model.encode_image(images)
        for module, quick in exact:
            module.mlp.gelu = quick
    return result


def make(original, folder, config, seed):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    model = original.CLIP(**config)
    with torch.no_grad():
        # The start that the original gives leaves biases and the last norm of a bottleneck at zero, where errors hide.
        for parameter in model.parameters():
            if parameter.dim():
                parameter.add_(0.08 * torch.randn(parameter.shape, generator=random))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(0.2 * torch.randn(buffer.shape, generator=random))
            if name.endswith("running_var"):
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=random))

    # Inputs are numbers of half precision, which makes their files half as large.
    size, batch = config["image_resolution"], 3
    images = torch.randn(batch, 3, size, size, generator=random).half().float()
    texts = texts_of(random, config, batch)
    weights = {name: value.clone() for name, value in model.state_dict().items()}

    model.eval()
    with torch.no_grad():
        image, text = model.encode_image(images), model.encode_text(texts)
        per_image, per_text = model(images, texts)
        save(f"{folder}/golden.safetensors", {
            "image": images.half(), "text": texts, "image_features": image, "text_features": text,
            "image_features_norm": image / image.norm(dim=1, keepdim=True), "text_features_norm": text / text.norm(dim=1, keepdim=True),
            "logits_per_image": per_image, "logits_per_image_3xN": model(images[:3], texts)[0], "logits_per_text": per_text, "loss": loss_of(per_image, per_text),
        })

    save(f"{folder}/model.safetensors", weights)
    if "vit" in os.path.basename(folder):
        save(f"{folder}/variants.safetensors", variants(model, images, texts))

    # OpenAI's archives hold most weights in half precision, and the sizes as buffers.
    halves = original.CLIP(**config)
    halves.load_state_dict(weights)
    original.convert_weights(halves)
    half_names = [name for name, value in halves.state_dict().items() if value.dtype == torch.float16]
    mixed = {name: value.half() if name in half_names else value for name, value in weights.items()}
    if "rn" in os.path.basename(folder):
        torch.save(mixed, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
        checkpoint = {"epoch": 1, "name": "run", "state_dict": {f"module.{name}": value for name, value in mixed.items()}}
        torch.save(checkpoint, f"{folder}/openclip.pt")
        save(f"{folder}/bf16.safetensors", {n: v.bfloat16() if v.is_floating_point() else v for n, v in weights.items()})
    else:
        traced = original.CLIP(**config).eval()
        traced.load_state_dict(weights)
        for name, size_name in (("input_resolution", "image_resolution"), ("context_length", "context_length"), ("vocab_size", "vocab_size")):
            if hasattr(traced, name):
                delattr(traced, name)
            traced.register_buffer(name, torch.tensor(config[size_name]))
        archive = torch.jit.trace(traced, (images, texts), check_trace=False)
        for name, value in list(archive.named_parameters()) + list(archive.named_buffers()):
            if name in half_names:
                value.data = value.data.half()
        torch.jit.save(archive, f"{folder}/torchscript.pt")

    # Three steps of AdamW as CLIP trains (paper, section 2.5): matrices decay, the temperature is held at 100.
    train_images = torch.randn(3, batch, 3, size, size, generator=random).half().float()
    train_texts = torch.stack([texts_of(random, config, batch) for _ in range(3)])
    save(f"{folder}/train_inputs.safetensors", {"images": train_images.half(), "texts": train_texts})
    gradients, trained = train(model, train_images, train_texts)
    # AdamW makes steps of full size out of gradients that are zero but for rounding: such a seed would compare rounding errors.
    double = original.CLIP(**config).double()
    double.load_state_dict(weights)
    single = original.LayerNorm.forward  # computes in single precision whatever comes
    original.LayerNorm.forward = torch.nn.LayerNorm.forward
    _, exact = train(double, train_images.double(), train_texts)
    original.LayerNorm.forward = single
    error = max(float((trained[name] - exact[name]).abs().max()) for name in trained)
    if error > 2e-5:
        return False
    save(f"{folder}/grads_step0.safetensors", gradients)
    save(f"{folder}/params_after3.safetensors", trained)
    with open(f"{folder}/manifest.json", "w") as file:
        json.dump({"seed": seed, "torch": torch.__version__, "error": error, "config": config}, file, indent=1)
    return True


def main():
    original = load_original(sys.argv[1])
    output = sys.argv[2]
    torch.set_num_threads(1)
    text = dict(context_length=8, vocab_size=40, transformer_layers=1)
    vit = dict(
        embed_dim=24, image_resolution=16, vision_layers=1, vision_width=64, vision_patch_size=8,
        transformer_width=64, transformer_heads=1, **text)
    rn = dict(
        embed_dim=24, image_resolution=64, vision_layers=(1, 2, 1, 1), vision_width=2, vision_patch_size=None,
        transformer_width=32, transformer_heads=2, **text)
    for name, config in (("vit", vit), ("rn", rn)):
        seed = 1
        while not make(original, f"{output}/{name}", config, seed):
            seed += 1


main()
