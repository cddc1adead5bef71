#!/usr/bin/env python3
"""Tests of tidy: for each rule a tree that breaks only that rule, and trees that break none."""

import tempfile
import unittest
from pathlib import Path

import tidy
from source_text import functions


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)

    def write(self, path, text):
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        for parent in list(file.relative_to(self.top).parents)[:-1]:
            readme = self.top / parent / "README.md"
            if not readme.exists():
                readme.write_text("# A page\n", encoding="utf-8")

    def found(self):
        return [f"{path}:{line}: {message}" for path, line, message in tidy.breaches(self.top)]

    def expect(self, path, text, start):
        """Writing this file makes exactly one breach, which starts like this."""
        self.assertEqual(self.found(), [])
        self.write(path, text)
        found = self.found()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found[0])

    def test_a_tidy_tree_is_silent(self):
        self.write("core/raft/include/kelek/raft/node.h", "// The node.\n#pragma once\n#include <vector>\n")
        self.write("core/raft/source/node.cpp", "// The node.\n#include <kelek/raft/node.h>\n#include \"log.h\"\n")
        self.write("core/wire/source/a.cpp", "// A.\n#include <kelek/raft/node.h>\n#include <msgpack.hpp>\n")
        self.write("core/raft/source/c.cpp", "// C.\n#include <sys/single_threaded.h>\n// no float here\n")
        self.write("native/runtime/source/b.cpp", "// B.\n#include <kelek/raft/node.h>\n#include <thread>\n")
        self.write("tests/run.sh", "#!/usr/bin/env bash\n# Runs.\nrun() { true; }\n")
        self.assertEqual(self.found(), [])

    def test_a_part_includes_what_no_arrow_allows(self):
        self.expect("core/raft/source/a.cpp", "// A.\n#include <kelek/wire/wire.h>\n", "core/raft/source/a.cpp:2: raft")

    def test_a_part_reaches_another_by_a_relative_path(self):
        text = '// A.\n#include "../../../native/storage/source/log.h"\n'
        self.expect("core/wire/source/a.cpp", text, "core/wire/source/a.cpp:2: wire includes")

    def test_the_client_does_not_see_storage(self):
        text = "// A.\n#include <kelek/storage/wal.h>\n"
        self.expect("native/client/source/a.cpp", text, "native/client/source/a.cpp:2: client includes")

    def test_an_include_in_a_comment_is_none(self):
        self.write("core/raft/source/a.cpp", "/* A.\n#include <kelek/wire/wire.h>\n*/\n// #include <thread>\n")
        self.assertEqual(self.found(), [])

    def test_every_banned_header_is_found_in_core(self):
        for header in ("iostream", "thread", "mutex", "chrono", "fstream", "filesystem", "random", "unordered_map",
                       "unordered_set", "format", "expected", "ranges", "source_location", "cstdio", "ctime",
                       "unistd.h", "sys/types.h", "fmt/core.h"):  # fmt: skip
            self.write("core/machine/source/a.cpp", f"// A.\n#include <{header}>\n")
            self.assertEqual(len(self.found()), 1, header)
            self.assertIn(f"core/machine/source/a.cpp:2: <{header}>", self.found()[0])

    def test_msgpack_belongs_to_wire_alone(self):
        self.expect("core/raft/source/a.cpp", "// A.\n#include <msgpack.hpp>\n", "core/raft/source/a.cpp:2: <msg")

    def test_floating_point_in_the_core(self):
        self.expect("core/raft/source/a.cpp", "// A.\nint f(double x);\n", "core/raft/source/a.cpp:2: 'double'")

    def test_a_distribution_in_the_core(self):
        text = "// A.\nstd::uniform_int_distribution<int> d;\n"
        self.expect("core/machine/source/a.cpp", text, "core/machine/source/a.cpp:2: 'std::uniform_int_dis")

    def test_a_file_of_451_lines(self):
        self.expect("native/cli/source/a.cpp", "// A.\n" + "int x;\n" * 450, "native/cli/source/a.cpp:451: the file")

    def test_a_file_of_450_lines_is_fine(self):
        self.write("native/cli/source/a.cpp", "// A.\n" + "int x;\n" * 449)
        self.assertEqual(self.found(), [])

    def test_a_long_cpp_function(self):
        text = "// A.\nnamespace a {\nvoid long_one() {\n" + "  f();\n" * 69 + "}\n}\n"
        self.expect("native/cli/source/a.cpp", text, "native/cli/source/a.cpp:3: long_one has 71 lines")

    def test_a_cpp_function_of_70_lines_is_fine(self):
        self.write("native/cli/source/a.cpp", "// A.\nvoid f() {\n" + "  f();\n" * 68 + "}\n")
        self.assertEqual(self.found(), [])

    def test_a_long_constructor_after_braced_initialisers(self):
        text = "// A.\nFoo::Foo(int a) : a_{a}, b_{2} {\n" + "  f();\n" * 70 + "}\n"
        self.expect("native/cli/source/a.cpp", text, "native/cli/source/a.cpp:2: Foo::Foo has 72 lines")

    def test_a_long_python_function(self):
        text = '"""A."""\n\n\ndef f():\n' + "    pass\n" * 70
        self.expect("tests/native/a.py", text, "tests/native/a.py:4: f has 71 lines")

    def test_a_long_shell_function(self):
        text = "#!/usr/bin/env bash\n# A.\nf() {\n" + "  true\n" * 69 + "}\n"
        self.expect("tests/native/a.sh", text, "tests/native/a.sh:3: f has 71 lines")

    def test_a_name_that_is_not_snake_case(self):
        self.expect("native/cli/source/MyFile.cpp", "// A.\n", "native/cli/source/MyFile.cpp:1: 'MyFile.cpp'")

    def test_a_folder_that_is_not_snake_case(self):
        self.expect("tests/Native/a.cpp", "// A.\n", "tests/Native/a.cpp:1: the folder")

    def test_a_file_without_an_opening_comment(self):
        self.expect("native/cli/source/a.cpp", "#include <a>\n", "native/cli/source/a.cpp:1: the file does not start")

    def test_a_script_without_an_opening_comment(self):
        self.expect("tests/a.sh", "#!/usr/bin/env bash\ntrue\n", "tests/a.sh:1: the file does not start")

    def test_a_header_without_pragma_once(self):
        self.expect("native/cli/source/a.h", "// A.\nint a;\n", "native/cli/source/a.h:1: the header has no #pragma")

    def test_a_left_over_mark(self):
        for mark in ("TO" + "DO", "FIX" + "ME", "X" + "XX"):
            self.write("native/cli/source/a.cpp", f"// A.\n// {mark}: later\n")
            self.assertEqual(self.found(), [f"native/cli/source/a.cpp:2: '{mark}' left behind"])

    def test_white_space_at_the_end_of_a_line(self):
        self.expect("native/README.md", "# A \n", "native/README.md:1: white space")

    def test_a_tab(self):
        self.expect("native/cli/source/a.cpp", "// A.\n\tint a;\n", "native/cli/source/a.cpp:2: a tab")

    def test_a_file_without_a_last_newline(self):
        self.expect("native/README.md", "# A", "native/README.md:1: no newline")

    def test_a_path_of_one_machine(self):
        for path in ("/ho" + "me/ann/a", "/wo" + "rk/main", "/ro" + "ot/x", "/Us" + "ers/ann"):
            self.write("native/README.md", f"# A\nsee {path}\n")
            self.assertEqual(len(self.found()), 1, path)
            self.assertIn("native/README.md:2: a path of one machine", self.found()[0])

    def test_a_relative_path_is_no_path_of_one_machine(self):
        self.write("native/README.md", "# A\n$HOME/work/x, ./work/x, a/root/b, https://a.example/home/b\n")
        self.assertEqual(self.found(), [])

    def test_a_library_without_a_readme(self):
        self.write("core/raft/source/a.cpp", "// A.\n")
        (self.top / "core/raft/README.md").unlink()
        self.assertEqual(self.found(), ["core/raft/README.md:1: the folder has no README.md"])

    def test_a_stranger_at_the_top_level(self):
        self.write("scripts/a.sh", "#!/usr/bin/env bash\n# A.\n")
        self.assertEqual(self.found(), ["scripts:1: does not belong at the top level"])


class FunctionsTest(unittest.TestCase):
    def starts_and_ends(self, text):
        return [(start, end) for start, end, _ in functions(text)]

    def test_methods_in_classes_in_namespaces(self):
        text = "namespace a {\nclass B : public C {\n public:\n  int d() const { return 1; }\n  int e();\n};\n}\n"
        self.assertEqual(self.starts_and_ends(text), [(4, 4)])

    def test_braces_in_literals_do_not_count(self):
        text = "void f() {\n  g(\"{\", '{', R\"x({{)x\");  // {\n}\nvoid h() {\n}\n"
        self.assertEqual(self.starts_and_ends(text), [(1, 3), (4, 5)])

    def test_digit_separators_are_no_characters(self):
        self.assertEqual(self.starts_and_ends("int a = 1'000'000;\nvoid f() {\n}\n"), [(2, 3)])

    def test_tables_and_enums_are_no_functions(self):
        text = "enum class A { b, c };\nconstexpr int t[] = {\n  f(1),\n};\nstruct S {\n  int x{3};\n};\n"
        self.assertEqual(self.starts_and_ends(text), [])

    def test_operators_templates_and_defaults(self):
        text = "template <class T = int>\nT f(T a = 3) {\n}\nbool operator==(A a, A b) {\n}\n"
        self.assertEqual(self.starts_and_ends(text), [(1, 3), (4, 5)])

    def test_a_function_that_returns_a_struct(self):
        self.assertEqual(self.starts_and_ends("struct A f() {\n}\n"), [(1, 2)])


if __name__ == "__main__":
    unittest.main()
