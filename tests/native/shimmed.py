"""A cluster whose coordinators have fault_shim under them: disks and clocks misbehave on demand, kills cut the power."""

import os

import power_cut
from harness import BUILD, Cluster

SHIM = os.environ.get("KELEK_FAULT_SHIM", os.path.join(BUILD, "tests/native/libkelek_fault_shim.so"))


class Shimmed(Cluster):
    """Every coordinator looks at a file of its own for what its disk and its clock should do."""

    def __init__(self, size=3, start=True, journals=False, **options):
        """`journals`: what a coordinator does to its directory is noted, for cut_power()."""
        super().__init__(size, start=False, **options)
        self.journals = journals
        if start:
            self.start()

    def start(self):
        for node in self.nodes.values():
            if not node.alive():
                self.start_node(node.number)
        self.leader()

    def wish(self, number, *lines):
        """What goes wrong from now on (fault_shim.cpp); nothing, without lines."""
        path = self.path(f"faults{number}")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        os.replace(path + ".new", path)

    def journal(self, number):
        return self.path(f"journal{number}")

    def start_node(self, number):
        self.wish(number)
        environment = [f"LD_PRELOAD={SHIM}", f"KELEK_FAULTS={self.path(f'faults{number}')}"]
        if self.journals:
            if not os.path.exists(self.journal(number)):
                power_cut.settle(self.journal(number))
            environment += [f"KELEK_UNDO_JOURNAL={self.journal(number)}",
                            f"KELEK_UNDO_DIRECTORY={self.nodes[number].data}"]
        self.nodes[number].start(prefix=("env", *environment))

    def cut_power(self, numbers, seed, mode=None):
        """All of these at once (power_cut.py); gives what it did to each."""
        for number in numbers:
            self.nodes[number].kill()
        return {number: power_cut.cut(self.journal(number), self.nodes[number].data, f"{seed}/{number}", mode)
                for number in numbers}
