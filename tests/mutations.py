"""Damages small files, the same way for the same number, and reads them within bounds of time and memory.

python tests/mutations.py FIRST LAST [WORD]   # the mutations FIRST to LAST-1 (of files that begin with WORD)
python tests/mutations.py bombs               # see bombs_by_hand.py
"""

import faulthandler
import io
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

SECONDS, BYTES = 20, 2 << 30  # for one small file: beyond these the reader hangs, or would fill a computer's memory
_REFUSED_MB = 600  # a picture that large may be begun, and found to be truncated
_LEVELS = (0, 1, 2, 3, 4, 7, 8, 9, 16, 32, 64, 127, 128, 129, 254, 255)
_NUMBERS = (0, 1, 255, 256, 4096, 20_000, 32_767, 32_768, 65_535, 65_536, 1 << 20, 1 << 24, 1 << 30)
_NUMBERS += ((1 << 31) - 1, 1 << 31, (1 << 32) - 2, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1)


def _place(chance: random.Random, size: int) -> int:
    """Somewhere in a file, half of the time in its head, where the numbers are that matter."""
    return chance.randrange(min(size, 96) if chance.random() < 0.5 else size)


def _flip(chance, data, _):
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        data[_place(chance, len(data))] ^= 1 << chance.randrange(8)


def _overwrite(chance, data, _):
    for _ in range(chance.choice((1, 1, 3, 10))):
        data[_place(chance, len(data))] = chance.choice(_LEVELS)


def _number(chance, data, _):
    for _ in range(chance.choice((1, 1, 2, 3))):
        size, at = chance.choice((2, 4, 4, 8)), _place(chance, len(data))
        value = chance.choice(_NUMBERS) % (1 << 8 * size)
        data[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))


def _digits(chance, data, _):
    """Another decimal number in a head of text, else another number of bytes."""
    digits = [at for at, byte in enumerate(data[:512]) if 48 <= byte < 58]
    if not digits:
        return _number(chance, data, _)
    at = chance.choice(digits)
    data[at : at + 1] = str(chance.choice((*_NUMBERS, -1, 10**30, 1e5))).encode()


def _truncate(chance, data, _):
    """From a byte left to a byte missing, at every scale."""
    left = int(len(data) ** chance.random()) if chance.random() < 0.5 else len(data) - int(len(data) ** chance.random())
    del data[max(left, 0) :]


def _insert(chance, data, _):
    at = _place(chance, len(data))
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 100)))


def _delete(chance, data, _):
    at = _place(chance, len(data))
    del data[at : at + chance.choice((1, 2, 4, 100))]


def _repeat(chance, data, _):
    at, size = _place(chance, len(data)), chance.choice((1, 4, 12, 64, 500))
    to = _place(chance, len(data))
    data[to:to] = data[at : at + size] * chance.choice((1, 2, 50))


def _splice(chance, data, other):
    data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]


def _zeros(chance, data, _):
    at = _place(chance, len(data))
    size = min(chance.choice((4, 16, 100, len(data))), len(data) - at)
    data[at : at + size] = bytes([chance.choice((0, 0, 255))]) * size


def _append(chance, data, other):
    data += chance.choice((bytes(1000), chance.randbytes(300), other, bytes(data)))


_KINDS = (_flip, _overwrite, _number, _number, _digits, _truncate, _insert, _delete, _repeat, _splice, _zeros, _append)


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose checksums fit its chunks again: else whatever is damaged in it is passed over at once."""
    at, data = 8, bytearray(data)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


def mutated(files: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """A damaged file: its name, which begins with the number, and its content. The numbers go round the `files`."""
    chance, names = random.Random(number), list(files)
    name = names[number % len(names)]
    data, kinds = bytearray(files[name]), chance.choices(_KINDS, k=chance.choice((1, 1, 1, 2, 3)))
    for kind in kinds:
        if data:
            kind(chance, data, files[chance.choice(names)][:5000])
    content = bytes(data)
    if content[:4] == b"\x89PNG" and chance.random() < 0.8:
        content = _with_checksums(content)
    suffix = Path(name).suffix if chance.random() < 0.9 else Path(chance.choice(names)).suffix
    return f"{number}-{Path(name).stem}{suffix}", content


def bounded() -> None:
    """Lets this process have no more than `BYTES` of memory beside what its libraries take."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def faults(files: Iterable[tuple[str, bytes]]) -> Iterator[str]:
    """Reads files and yields a line for each: its name, "picture" or "refused" or what is wrong, and the seconds.

    A crash or a hang ends the process; the file's name is then the last on standard output.
    """
    from lib.data.images import PhotographError, read_photograph

    def outcome(name: str, content: bytes) -> str:
        try:
            image = read_photograph(name, content)
        except PhotographError as error:
            text = str(error)
            fine = text.startswith(f"{name}: ") and text.isprintable() and len(text) < 400 and "Traceback" not in text
            return "refused" if fine else f"FAULT message {text[:600]!r}"
        except BaseException as error:
            return f"FAULT {type(error).__name__}: {error}"
        return "picture" if image.mode == "RGB" and not image.info and image.getpixel((0, 0)) else "FAULT picture"

    real = os.dup(2)
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 2)
        faulthandler.enable(real)
        for name, content in files:
            print(name, end="\t", flush=True)
            faulthandler.dump_traceback_later(SECONDS, exit=True, file=real)
            start = time.perf_counter()
            memory = _peak_mb()
            found = outcome(name, content)
            if found == "refused" and _peak_mb() - memory > _REFUSED_MB:
                found = f"FAULT refused after {_peak_mb() - memory} MB"
            faulthandler.cancel_dump_traceback_later()
            noise.seek(0)
            heard = noise.read().decode(errors="replace")
            noise.truncate(0)
            noise.seek(0)
            yield f"{found}\t{time.perf_counter() - start:.2f}\t{heard[:300]!r}"


def _frames(content: bytes) -> int:
    """How many pictures a file holds; all of them are decoded."""
    with Image.open(io.BytesIO(content)) as image:
        for number in range(count := getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
    return count


_ENDS = {b"\x89PNG": b"IEND\xaeB`\x82", b"\xff\xd8": b"\xff\xd9"}


def batch_faults(album: Path, results: Path, good: set[str], done: subprocess.CompletedProcess) -> list[str]:
    """What is wrong with a call of `colorize` for the folder `album`, whose files have stems of their own.

    Right is: the good files are done, each other one is done or has one line, results are whole, nothing else is left.
    """
    lines, found = done.stderr.splitlines(), []
    made = [path for path in results.rglob("*") if path.is_file()]
    finished = {path.stem for path in made}
    for source in sorted(album.iterdir()):
        about = [line for line in lines if line.startswith(f"{source}: ")]
        if len(about) + (source.stem in finished) != 1 or (source.name in good and about):
            found.append(f"{source.name}: {'done' if source.stem in finished else 'not done'}, lines: {about}")
        lines = [line for line in lines if line not in about]
    found += [f"line about no photograph: {line[:300]}" for line in lines]
    for path in made:
        content = path.read_bytes()
        end = next((end for start, end in _ENDS.items() if content.startswith(start)), b"")
        try:
            if path.name.startswith(".") or not content.endswith(end) or not _frames(content):
                found.append(f"{path.name}: half a file")
        except Exception as error:
            found.append(f"{path.name}: {error}")
    if done.returncode not in (0, 1):
        found.append(f"exit code {done.returncode}, {done.stdout[-200:]}, {done.stderr[-1500:]}")
    return found


if __name__ == "__main__":
    from bombs_by_hand import bombs
    from small_files import small_files

    if sys.argv[1:] == ["bombs"]:
        chosen = bombs().items()
    else:
        sources = {
            name: content for name, content in small_files()[0].items() if name.startswith("".join(sys.argv[3:]))
        }
        chosen = (mutated(sources, number) for number in range(int(sys.argv[1]), int(sys.argv[2])))
    bounded()
    for line in faults(chosen):
        print(line, flush=True)
