"""Resizes one image over and over with Pillow, as often as each line read says, and answers with the seconds it took.

python3 time.py WIDTH HEIGHT NEW_WIDTH NEW_HEIGHT
"""
import sys
import time

import PIL
from PIL import Image

width, height, new_width, new_height = map(int, sys.argv[1:5])
image = Image.effect_noise((width, height), 90).convert("RGB")
image.resize((new_width, new_height), Image.BICUBIC)
print(PIL.__version__, flush=True)
for line in sys.stdin:
    count = int(line)
    begin = time.perf_counter()
    for _ in range(count):
        image.resize((new_width, new_height), Image.BICUBIC)
    print(time.perf_counter() - begin, flush=True)
