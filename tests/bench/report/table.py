"""Plain tables (which Markdown reads too), figures with a sensible number of digits, and a word about the machine."""

import os
import platform


def figure(value):
    """1234.5 -> 1,235; 12.34 -> 12.3; 0.00123 -> 0.0012."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 0.1:
        return f"{value:.2f}"
    return "0" if value == 0 else f"{value:.2g}"


def lay_out(header, lines):
    """The first column to the left, all others to the right."""
    cells = [header, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]

    def text(line):
        padded = [cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(line, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) if n == 0 else "-" * (width + 1) + ":" for n, width in enumerate(widths)) + "|"
    return "\n".join([text(header), rule, *(text(line) for line in lines)])


def machine():
    """Processor, cores, kernel."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, load {load:.1f} at the start"
