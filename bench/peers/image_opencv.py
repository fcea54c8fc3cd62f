"""OpenCV's plain way: image_opencv.py IN OUT."""

import sys

import cv2

source, target = sys.argv[1:]
# Without a quality, OpenCV's WebP is lossless; 80 is what the others take by themselves.
parameters = [cv2.IMWRITE_WEBP_QUALITY, 80] if target.endswith(".webp") else []
if not cv2.imwrite(target, cv2.imread(source, cv2.IMREAD_GRAYSCALE), parameters):
    sys.exit("it could not be written")
