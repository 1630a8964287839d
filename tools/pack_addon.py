"""Put the Home Assistant add-on together: a folder that the Supervisor can build by itself.

It builds an add-on from nothing but its folder, so what the image's recipe takes from the checkout is laid
beside it, under the same paths.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ADDON = ROOT / "packaging" / "homeassistant"
RECIPE = ROOT / "packaging" / "container" / "Dockerfile"
ICON = ROOT / "packaging" / "icon.png"
UNWANTED = shutil.ignore_patterns("__pycache__")


def ingredients(recipe: str) -> list[str]:
    """The paths in the checkout that the recipe copies into the image."""
    found = []
    for line in recipe.splitlines():
        instruction, *words = line.split() or [""]
        if instruction == "COPY" and not any(word.startswith("--from=") for word in words):
            found += [word for word in words if not word.startswith("--")][:-1]
    return found


def pack(folder: Path) -> None:
    """Lay the add-on into the folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ADDON, folder)
    shutil.copy(RECIPE, folder / "Dockerfile")
    shutil.copy(ICON, folder / "icon.png")
    for path in ingredients(RECIPE.read_text()):
        source, target = ROOT / path, folder / path
        if source.is_dir():
            shutil.copytree(source, target, ignore=UNWANTED)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
