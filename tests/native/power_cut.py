"""Makes the death of a coordinator into a loss of power: of what no sync covered, its data directory keeps what a disk
might have kept. undo_journal.h has written down what that was; a seed draws what becomes of it.

    power_cut.py JOURNAL DIRECTORY SEED
"""

import os
import random
import shutil
import struct
import sys

HEAD = struct.Struct("<IIIIQQQQ")
SECTOR = 512
MODES = ("all lost", "all lost", "prefix", "prefix", "sectors", "sectors", "sectors", "nothing lost")


class Change:
    """One change that no sync covered when the process died."""

    def __init__(self, kind, first, second, data, inode, a, b, old_size):
        self.kind = kind
        self.path, self.to = first, second
        self.data, self.inode, self.a, self.b, self.old_size = data, inode, a, b, old_size

    @property
    def is_name(self):
        return self.kind in "CRU"


def read_changes(journal):
    """What is pending at the end of the journal, in order. A last record that is not complete was never acted on."""
    with open(journal, "rb") as file:
        content = file.read()
    pending, at, number = [], 0, 0
    while at + HEAD.size <= len(content):
        kind, first, second, data, inode, a, b, old_size = HEAD.unpack_from(content, at)
        end = at + HEAD.size + first + second + data
        if end > len(content):
            break
        text = content[at + HEAD.size:end]
        at = end
        change = Change(chr(kind), text[:first].decode(), text[first:first + second].decode(), text[first + second:],
                        inode, a, b, old_size)
        if change.kind == "P":
            # Whatever an earlier process left unsynced stays so, and none of its numbers counts any more.
            pending = [(-1, each) for _, each in pending]
            number = 0
            continue
        if change.kind == "S":
            pending = [(n, each) for n, each in pending
                       if each.is_name or each.inode != change.inode or n >= change.a]
        elif change.kind == "D":
            pending = [(n, each) for n, each in pending
                       if not each.is_name or os.path.dirname(each.path) != change.path or n >= change.a]
        else:
            pending.append((number, change))
        number += 1
    return [each for _, each in pending]


def undo(changes, image):
    """The bytes of one file before these changes, of which `image` is the end."""
    image = bytearray(image)
    for change in reversed(changes):
        if change.kind == "W":
            image[change.a:change.a + len(change.data)] = change.data
            del image[change.old_size:]
        else:
            del image[min(change.a, change.old_size):]
            image += change.data
            image += bytes(change.old_size - len(image))
    return image


def tear(before, after, changes, draw):
    """Each sector that was written is old, new, in part new, zeros or garbage; what lies around is as it was."""
    image = bytearray(before)
    if len(after) > len(image) and draw.random() < 0.5:
        image += bytes(len(after) - len(image))
    touched = {}
    for change in changes:
        if change.kind != "W":
            continue
        for sector in range(change.a // SECTOR, (change.a + change.b + SECTOR - 1) // SECTOR):
            begin, end = touched.get(sector, (SECTOR, 0))
            touched[sector] = (min(begin, max(change.a - sector * SECTOR, 0)),
                               max(end, min(change.a + change.b - sector * SECTOR, SECTOR)))
    fresh = bytes(after) + bytes(SECTOR)
    for sector, (begin, end) in touched.items():
        start = sector * SECTOR
        if start + begin >= len(image):
            continue
        choice = draw.randrange(6)
        if choice in (0, 1):
            new = fresh[start + begin:start + end]
        elif choice == 2:
            new = bytes(end - begin)
        elif choice == 3:
            new = draw.randbytes(end - begin)
        elif choice == 4:
            new = fresh[start + begin:start + begin + draw.randint(0, end - begin)]
        else:
            continue
        new = new[:max(len(image) - start - begin, 0)]
        image[start + begin:start + begin + len(new)] = new
    return image


class Directory:
    """The files below a directory, and those without a name that the journal keeps, by inode."""

    def __init__(self, top, graves):
        self.links = {}
        for root, _, names in os.walk(top):
            for name in names:
                self.see(os.path.join(root, name))
        for name in os.listdir(graves):
            self.see(os.path.join(graves, name))

    def see(self, path):
        self.links.setdefault(os.lstat(path).st_ino, path)

    def read(self, inode):
        with open(self.links[inode], "rb") as file:
            return file.read()

    def write(self, inode, image):
        with open(self.links[inode], "r+b") as file:
            file.write(image)
            file.truncate(len(image))


def cut_bytes(directory, changes, kept, mode, draw):
    """Gives each file what is left of it. `kept`: the changes that reached the disk, in the modes that say so."""
    by_file = {}
    for change in changes:
        if not change.is_name:
            by_file.setdefault(change.inode, []).append(change)
    for inode, its in by_file.items():
        if inode not in directory.links:
            continue  # removed for good: nobody will ever see it
        after = directory.read(inode)
        if mode == "sectors":
            image = tear(undo(its, after), after, its, draw)
        else:
            image = undo([each for each in its if each not in kept], after)
        if image != after:
            directory.write(inode, image)


def cut_names(directory, changes, kept, graves):
    """Names as they were before all of `changes`, and then those of them that are kept. A rename is whole or not."""
    held = {}
    names = [each for each in changes if each.is_name]
    for change in names:
        for path in (change.path, change.to):
            if path and os.path.lexists(path) and not os.path.isdir(path):
                inode = os.lstat(path).st_ino
                held[inode] = os.path.join(graves, f"held-{inode}")
                if not os.path.lexists(held[inode]):
                    os.link(path, held[inode])
    made = {}  # which file a creation made: it has the name still, or had it until a later change
    now = {}   # path: inode, "directory" or None
    for path in {path for each in names for path in (each.path, each.to) if path}:
        now[path] = ("directory" if os.path.isdir(path) else os.lstat(path).st_ino) if os.path.lexists(path) else None
    for change in reversed(names):
        if change.kind == "C":
            made[id(change)] = now[change.path]
            now[change.path] = None
        elif change.kind == "U":
            now[change.path] = change.inode
        else:
            if now[change.to] == change.inode:  # else it was never done
                now[change.to] = change.a or None
                now[change.path] = change.inode
    for change in names:
        if change not in kept:
            continue
        if change.kind == "C":
            now[change.path] = made[id(change)]
        elif change.kind == "U":
            now[change.path] = None
        else:
            now[change.to] = change.inode
            if now[change.path] == change.inode:
                now[change.path] = None
    for path, inode in sorted(now.items()):
        if inode == "directory":
            continue
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        if inode is not None and os.path.isdir(os.path.dirname(path)):
            os.link(held.get(inode) or directory.links[inode], path)


def cut(journal, top, seed, mode=None):
    """Power is lost, in a way that the seed draws, or in this one of MODES; gives a sentence on what that did.
    Afterwards all that is there is durable."""
    draw = random.Random(seed)
    graves = journal + ".graves"
    changes = read_changes(journal) if os.path.exists(journal) else []
    mode = mode or draw.choice(MODES)
    if mode == "prefix":
        kept = changes[:draw.randint(0, len(changes))]
    elif mode == "sectors":
        kept = [each for each in changes if draw.random() < 0.5]
    else:
        kept = changes if mode == "nothing lost" else []
    directory = Directory(top, graves)
    cut_bytes(directory, changes, set(kept), mode, draw)
    cut_names(directory, changes, set(kept), graves)
    settle(journal)
    names = sum(each.is_name for each in changes)
    return f"{mode}: {len(changes) - names} writes and {names} names were pending"


def settle(journal):
    """Begins a journal; what is there counts as durable."""
    shutil.rmtree(journal + ".graves", ignore_errors=True)
    os.mkdir(journal + ".graves")
    with open(journal, "wb"):
        pass


if __name__ == "__main__":
    print(cut(sys.argv[1], sys.argv[2], int(sys.argv[3])))
