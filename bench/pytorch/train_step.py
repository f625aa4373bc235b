"""A CLIP training step in plain PyTorch: the modules and the optimizer that PyTorch brings, float32.

python3 train_step.py <settings> <start> <threads> <AdamW: foreach or loop>

The settings are step.json. The start is a safetensors file with the weights by OpenAI's names and a batch, as batch.pixels and batch.ids.
Each line on standard input takes one step on that batch and is answered with the seconds it took and its loss.
"""
import json
import struct
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

def read_safetensors(path):
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + length]), memoryview(data)[8 + length:]
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(body[slice(*entry["data_offsets"])], dtype=torch.float32).reshape(entry["shape"]).clone()
        for name, entry in header.items()
    }


class Block(nn.Module):
    def __init__(self, width, heads, mask=None):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("act", nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))
        self.ln_2 = nn.LayerNorm(width)
        self.mask = mask

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=self.mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, mask=None):
        super().__init__()
        self.resblocks = nn.Sequential(*(Block(width, heads, mask) for _ in range(layers)))

    def forward(self, x):
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, width, layers, heads, embed):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((size // patch) ** 2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, embed))

    def forward(self, pixels):
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], dim=1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self, vision, text, embed):
        super().__init__()
        heads = vision["width"] // vision["head_width"]
        self.visual = VisionTransformer(vision["image_size"], vision["patch_size"], vision["width"], vision["layers"], heads, embed)
        length, width = text["context_length"], text["width"]
        mask = torch.full((length, length), float("-inf")).triu(1)
        self.transformer = Transformer(width, text["layers"], text["heads"], mask)
        self.token_embedding = nn.Embedding(text["vocab_size"], width)
        self.positional_embedding = nn.Parameter(torch.empty(length, width))
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed))
        self.logit_scale = nn.Parameter(torch.empty(()))

    def encode_text(self, ids):
        x = self.transformer(self.token_embedding(ids) + self.positional_embedding)
        # The end of text has the highest id.
        return self.ln_final(x[torch.arange(len(x), device=x.device), ids.argmax(dim=-1)]) @ self.text_projection

    def forward(self, pixels, ids):
        image, text = F.normalize(self.visual(pixels), dim=-1), F.normalize(self.encode_text(ids), dim=-1)
        logits = self.logit_scale.exp() * image @ text.t()
        pairs = torch.arange(len(logits), device=logits.device)
        return (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.t(), pairs)) / 2


def main(settings, start, threads, adamw):
    torch.set_num_threads(int(threads))
    settings = json.loads(Path(settings).read_text())
    tensors = read_safetensors(start)
    pixels, ids = tensors.pop("batch.pixels"), tensors.pop("batch.ids").long()
    model = Clip(settings["vision_cfg"], settings["text_cfg"], settings["embed_dim"])
    model.load_state_dict(tensors)
    chosen = settings["optimizer"]
    groups = [
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": chosen["weight_decay"]},
    ]
    optimizer = torch.optim.AdamW(groups, lr=chosen["lr"], betas=chosen["betas"], eps=chosen["eps"], foreach=adamw == "foreach")

    print(json.dumps({"torch": torch.__version__, "python": sys.version.split()[0]}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = model(pixels, ids)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.605170185988092)
        value = loss.item()
        print(json.dumps({"seconds": time.perf_counter() - begin, "loss": value}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
