"""Golden numbers for vision transformer features (Dosovitskiy et al. 2021, arXiv 2010.11929) from timm.

Run: python3 crates/model/goldens/vit.py   (writes vit.safetensors beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0, timm 1.0.31, safetensors 0.8.0.

timm's VisionTransformer with ViT-Tiny's twelve blocks and three heads, but twelve dimensions and position embeddings
for 4 x 4 patches, so that the file stays small. Two pictures need other embeddings: one more, the other fewer patches.

The file, all f32, computed in f64:
  cls_token, pos_embed, patch_embed.proj.weight ... norm.bias      the weights
  golden.same.input                                                [1, 3, 64, 64], as many patches as embeddings
  golden.more.input, golden.fewer.input                            [1, 3, 96, 64], [1, 3, 32, 64]
  golden.<input>.block4, .block8, .block12                         tokens after a block as maps: [1, 12, 4, 4] ...
  golden.<input>.norm                                              the last of them, behind the last norm
  golden.resized.<from>.<to>                                       [to], an embedding of one row resized by timm
  golden.single.<from>                                             [from], that embedding
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from timm.layers import resample_abs_pos_embed
from timm.models.vision_transformer import VisionTransformer

torch.manual_seed(2010)
model = VisionTransformer(
    img_size=64, patch_size=16, embed_dim=12, depth=12, num_heads=3, num_classes=0, dynamic_img_size=True
)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        # Norms start as the identity, biases as zero, attention as nearly even; make each matter.
        if "norm" in name and name.endswith("weight"):
            parameter.uniform_(0.5, 1.5)
        elif name.endswith("bias"):
            parameter.normal_(0, 0.3)
        elif name in ["cls_token", "pos_embed"]:
            parameter.normal_(0, 1)
        elif "patch_embed" not in name:
            parameter.normal_(0, 0.3)
tensors = {key: value.clone() for key, value in model.state_dict().items()}

pictures = {
    "same": torch.randn(1, 3, 64, 64),
    "more": torch.randn(1, 3, 96, 64),
    "fewer": torch.randn(1, 3, 32, 64),
}
model.double().eval()
with torch.no_grad():
    for name, picture in pictures.items():
        tensors[f"golden.{name}.input"] = picture
        _, maps = model.forward_intermediates(picture.double(), indices=[3, 7, 11], norm=False, output_fmt="NCHW")
        for block, value in zip([4, 8, 12], maps):
            tensors[f"golden.{name}.block{block}"] = value
        tensors[f"golden.{name}.norm"] = model.norm(maps[-1].permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    # The weights of resizing alone, along one side.
    for old, sizes in {4: [7], 14: [6, 16, 40]}.items():
        single = torch.randn(old)
        tensors[f"golden.single.{old}"] = single
        for new in sizes:
            square = single.double()[None, :].expand(old, old).reshape(1, old * old, 1)
            resized = resample_abs_pos_embed(square, [new, new], [old, old], num_prefix_tokens=0)
            tensors[f"golden.resized.{old}.{new}"] = resized.reshape(new, new)[0]

out = Path(__file__).with_name("vit.safetensors")
save_file({key: value.float().contiguous() for key, value in tensors.items()}, out)
for key, value in tensors.items():
    if key.startswith("golden."):
        print(key, list(value.shape), f"mean {value.mean():.4f}, std {value.std():.4f}")
