"""Color spaces, chroma as a distribution, and chroma joined with a given luma."""

MOST_VERSIONS = 9  # of one photograph; it stands here because the command line needs it and may not import torch
