"""Lints a tool for Galaxy, or runs its tests without Galaxy: ``galaxy_tool.py lint|test XML``.

A process of its own, because Galaxy's packages warn of much when they are imported. They are
imported by name, so that nobody needs them to check types.
"""

import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any


class Dataset(str):
    """The path of a dataset, with the name that a person gave it."""

    element_identifier: str


def lint(path: str) -> bool:
    """Tell whether the tool has the form that Galaxy wants; what is wrong is printed."""
    linting = import_module("galaxy.tool_util.lint")
    source = import_module("galaxy.tool_util.parser").get_tool_source(path)
    return bool(
        linting.lint_tool_source(
            source, level=linting.LintLevel.ALL, fail_level=linting.LintLevel.WARN
        )
    )


def values_of(inputs: Any, given: Any, data: Path) -> dict[str, Any]:
    """Return the value of every input: what a test gives, or the default.

    Parameters
    ----------
    inputs, given
        Elements of the tool and of its test.
    data
        Folder of the datasets for tests.
    """
    values: dict[str, Any] = {}
    for element in inputs:
        name = element.get("name") or (element.get("argument") or "").lstrip("-").replace("-", "_")
        inner = next((part for part in given if part.get("name") == name), None)
        if element.tag == "section":
            values[name] = values_of(element, [] if inner is None else inner, data)
        elif element.tag == "conditional":
            inner = [] if inner is None else inner
            values[name] = values_of(element.findall("param"), inner, data)
            (chosen,) = values[name].values()
            (case,) = (when for when in element.findall("when") if when.get("value") == chosen)
            values[name] |= values_of(case, inner, data)
        elif element.tag == "param":
            values[name] = _value(element, None if inner is None else inner.get("value"), data)
    return values


def _value(param: Any, given: str | None, data: Path) -> Any:
    kind = param.get("type")
    if kind == "data":
        dataset = Dataset(data / (given or ""))
        dataset.element_identifier = given or ""
        return dataset
    if kind == "boolean":
        return param.get("truevalue" if given == "true" else "falsevalue")
    if kind == "select":
        preset = [option.get("value") for option in param.iter("option") if option.get("selected")]
        chosen = preset if given is None else given.split(",")
        return chosen if param.get("multiple") else chosen[0]
    return (param.get("value") or "") if given is None else given


def check(element: Any, folder: Path) -> None:
    """Compare an output with what a test asserts of it."""
    name = element.get("name")
    if element.tag == "output_collection":
        files = sorted((folder / name).glob("*.bw"))
        assert len(files) == int(element.get("count")), name
        for part in element:
            check_content(part, folder / name / f"{part.get('name')}.bw")
    else:
        check_content(element, folder / name)


def check_content(element: Any, path: Path) -> None:
    """Compare a file with what a test asserts of it."""
    content = path.read_bytes()
    for assertion in element.find("assert_contents"):
        wanted = assertion.get("text") or assertion.get("line") or assertion.get("min")
        right = {
            "has_text": wanted.encode() in content,
            "has_line": wanted.encode() in content.splitlines(),
            "has_size": wanted.isdecimal() and len(content) >= int(wanted),
        }[assertion.tag]
        assert right, f"{path.name}: {assertion.tag} {wanted}"


def run_tests(path: str) -> int:
    """Fill in the command of each test, run it and check its outputs; return their number."""
    template = import_module("Cheetah.Template").Template
    tool = import_module("galaxy.tool_util.loader").load_tool(path).getroot()
    tests = tool.findall("tests/test")
    for test in tests:
        values = values_of(tool.find("inputs"), test, Path(path).parent / "test-data")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            outputs = {
                data.get("name"): str(folder / data.get("name")) for data in tool.iter("data")
            }
            command = str(template(tool.find("command").text, searchList=[values | outputs]))
            words = ["bash", "-euo", "pipefail", "-c", " ".join(command.split("\n"))]
            run = subprocess.run(words, cwd=folder, capture_output=True, text=True)
            assert run.returncode == 0, f"{command}\n{run.stderr}"
            for data in tool.iter("data"):
                made = folder / (data.get("from_work_dir") or "")
                if made.is_file():
                    made.rename(folder / data.get("name"))
            found = [element for element in test if element.tag.startswith("output")]
            assert len(found) == int(test.get("expect_num_outputs"))
            for element in found:
                check(element, folder)
    return len(tests)


if __name__ == "__main__":
    _, task, xml = sys.argv
    if task == "lint":
        sys.exit(not lint(xml))
    print(run_tests(xml))
