"""Times torchvision and Pillow on the files of a folder, on one thread: a round for each line read, its seconds on a line written.

Usage: input_pipeline.py FOLDER {crop,all}
"""
import os
import sys
import time

import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode


def pipeline(kind):
    # open_clip's training transform, and with its colour jitter and grey a flip before them.
    steps = [transforms.RandomResizedCrop(224, scale=(0.9, 1.0), interpolation=InterpolationMode.BICUBIC)]
    if kind == "all":
        steps.append(transforms.RandomHorizontalFlip(0.5))
        steps.append(transforms.ColorJitter(0.4, 0.4, 0.4, 0.1))
        steps.append(transforms.RandomGrayscale(0.2))
    steps.append(transforms.ToTensor())
    steps.append(transforms.Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)))
    return transforms.Compose(steps)


def main():
    folder, kind = sys.argv[1:3]
    torch.set_num_threads(1)
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    run = pipeline(kind)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        for path in paths:
            with open(path, "rb") as file:
                run(Image.open(file).convert("RGB"))
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
