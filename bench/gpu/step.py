"""The step of train_step.py on a device: seconds a step in float32, TF32 and bfloat16, compiled and not, as JSON.

python3 step.py <device> <settings> <start> <steps>
"""
import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pytorch"))
from train_step import Clip, read_safetensors  # noqa: E402


def seconds(device, settings, tensors, pixels, ids, steps, bf16, compiled):
    model = Clip(settings["vision_cfg"], settings["text_cfg"], settings["embed_dim"])
    model.load_state_dict(tensors)
    model.to(device)
    for module in model.modules():
        if getattr(module, "mask", None) is not None:
            module.mask = module.mask.to(device)
    chosen = settings["optimizer"]
    groups = [
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": chosen["weight_decay"]},
    ]
    optimizer = torch.optim.AdamW(groups, lr=chosen["lr"], betas=chosen["betas"], eps=chosen["eps"], foreach=True)
    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
            loss = forward(pixels, ids)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.605170185988092)
        return loss

    for _ in range(3):
        step().item()
    begin = time.perf_counter()
    for _ in range(steps):
        loss = step()
    loss.item()
    return (time.perf_counter() - begin) / steps


def main(device, settings, start, steps):
    device, settings = torch.device(device), json.loads(Path(settings).read_text())
    tensors = read_safetensors(start)
    pixels, ids = tensors.pop("batch.pixels").to(device), tensors.pop("batch.ids").long().to(device)
    result = {"torch": torch.__version__, "cuda": torch.version.cuda, "step_seconds": {}, "failed": {}}
    if device.type == "cuda":
        result["device"] = torch.cuda.get_device_name(device)
    ways = [("fp32", False, False), ("tf32", False, False), ("bf16", True, False), ("bf16, compiled", True, True)]
    for name, bf16, compiled in ways:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name != "fp32"
        if name == "tf32" and device.type == "cpu":
            continue
        try:
            result["step_seconds"][name] = seconds(device, settings, tensors, pixels, ids, int(steps), bf16, compiled)
        except Exception as e:  # what this PyTorch cannot do is part of the result
            result["failed"][name] = str(e).splitlines()[0][:200]
    print(json.dumps(result))


main(*sys.argv[1:])
