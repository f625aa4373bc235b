"""A CLIP training step in plain PyTorch: the modules and the optimizer that PyTorch brings, float32.

python3 train_step.py <folder> <threads>

The folder holds start.safetensors (weights by OpenAI's names), batch.safetensors (pixels, ids) and step.json (sizes and the optimizer's
settings). Each line on standard input takes one step on that batch and is answered with the seconds it took and its loss.
"""
import json
import struct
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

DTYPES = {"F32": torch.float32, "I64": torch.int64}


def read_safetensors(path):
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + length]), memoryview(data)[8 + length:]
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(body[slice(*entry["data_offsets"])], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"]).clone()
        for name, entry in header.items()
    }


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads, activation, mask=None):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("act", activation())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))
        self.ln_2 = nn.LayerNorm(width)
        self.mask = mask

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=self.mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, activation, mask=None):
        super().__init__()
        self.resblocks = nn.Sequential(*(Block(width, heads, activation, mask) for _ in range(layers)))

    def forward(self, x):
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, width, layers, heads, embed, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((size // patch) ** 2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads, activation)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, embed))

    def forward(self, pixels):
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], dim=1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self, c):
        super().__init__()
        activation = QuickGelu if c["quick_gelu"] else nn.GELU
        v, t = c["vision"], c["text"]
        self.visual = VisionTransformer(v["size"], v["patch"], v["width"], v["layers"], v["heads"], c["embed"], activation)
        mask = torch.full((t["context"], t["context"]), float("-inf")).triu(1)
        self.transformer = Transformer(t["width"], t["layers"], t["heads"], activation, mask)
        self.token_embedding = nn.Embedding(t["vocabulary"], t["width"])
        self.positional_embedding = nn.Parameter(torch.empty(t["context"], t["width"]))
        self.ln_final = nn.LayerNorm(t["width"])
        self.text_projection = nn.Parameter(torch.empty(t["width"], c["embed"]))
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.end_of_text = t["end_of_text"]

    def encode_text(self, ids):
        x = self.transformer(self.token_embedding(ids) + self.positional_embedding)
        end = (ids == self.end_of_text).int().argmax(dim=-1)
        return self.ln_final(x[torch.arange(len(x)), end]) @ self.text_projection

    def forward(self, pixels, ids):
        image, text = F.normalize(self.visual(pixels), dim=-1), F.normalize(self.encode_text(ids), dim=-1)
        logits = self.logit_scale.exp() * image @ text.t()
        pairs = torch.arange(len(logits))
        return (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.t(), pairs)) / 2


def main(folder, threads):
    torch.set_num_threads(int(threads))
    settings = json.loads(Path(folder, "step.json").read_text())
    model = Clip(settings)
    model.load_state_dict(read_safetensors(Path(folder, "start.safetensors")))
    batch = read_safetensors(Path(folder, "batch.safetensors"))
    pixels, ids = batch["pixels"], batch["ids"]
    groups = [
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": settings["weight_decay"]},
    ]
    # Of PyTorch's two implementations on a CPU this is the faster one here.
    optimizer = torch.optim.AdamW(groups, lr=settings["lr"], betas=settings["betas"], eps=settings["eps"], foreach=settings["foreach"])

    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
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


main(*sys.argv[1:])
