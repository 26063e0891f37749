"""Changes values of a YAML or JSON document where they stand: every byte that need not change stays.

The document is compared with what it is to say, and only what differs is written: a scalar in its own quotes, a key or
an element as lines of their own. An example, `image: a` -> `image: b` and a new label:

    metadata:                                 metadata:
      labels: # of the shop                     labels: # of the shop
        app: 'shop'      # never change           app: 'shop'      # never change
    spec:                                         tier: web
      image: a                                spec:
                                                image: b

The result is read again: what does not say exactly what was asked is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.manifest.events import Unreadable
from gitops_audit.model.same import is_same, replaced
from gitops_audit.remediate.togit import style as written
from gitops_audit.remediate.togit.node import Entry, Node, Uneditable, parsed
from gitops_audit.remediate.togit.style import Style, style_of

Read = Callable[[str], Any]


def edited(text: str, wanted: Any, read: Read) -> str:
    """The text of one document, changed so that `read` gives what is wanted. Raises Uneditable.

    `read` gives the value of the document, and raises Unreadable.
    """
    before = read(text)
    if is_same(before, wanted):
        return text
    root = parsed(text)
    edit = _Edit(text, style_of(text, root), _shared(root))
    edit.node(root, before, wanted, _Place(""))
    result = edit.applied()
    try:
        is_right = is_same(read(result), wanted)
    except Unreadable:
        is_right = False
    if not is_right:
        raise Uneditable("its YAML is of a kind that is not edited by position")
    return result


def _shared(root: Node) -> frozenset[str]:
    """The anchors that are used somewhere."""
    return frozenset(node.anchor for node in root.nodes() if node.kind == "alias")


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds a node: `lead` is the end of `key:` or `-`, -1 at the root; `indent` the column of the key or dash."""

    what: str
    lead: int = -1
    indent: int = 0
    is_flow: bool = False


@dataclass(slots=True)
class _Edit:
    text: str
    style: Style
    shared: frozenset[str]
    changes: list[tuple[int, int, str]] = field(default_factory=list)

    def applied(self) -> str:
        result, at, is_cut = list[str](), 0, False
        for start, end, new in sorted(self.changes, key=lambda change: change[:2]):
            if start < at and (new or not is_cut):
                raise Uneditable("two of its changes touch each other")
            result += [self.text[at:start], new]
            at, is_cut = max(at, end), not new
        return "".join([*result, self.text[at:]])

    def put(self, start: int, end: int, new: str) -> None:
        self.changes.append((start, end, new))

    def node(self, node: Node, before: Any, after: Any, place: _Place) -> None:
        if is_same(before, after):
            return
        if node.kind != "alias" and node.anchor in self.shared:
            raise Uneditable(f"its value stands at the anchor &{node.anchor}, which other fields share")
        if node.kind == "alias" and (isinstance(before, (dict, list)) or isinstance(after, (dict, list))):
            raise Uneditable(f"its value stands at the anchor &{node.anchor}, which other fields share")
        if node.kind == "mapping" and isinstance(after, dict) and after:
            self.mapping(node, before, after, place)
        elif node.kind == "sequence" and isinstance(after, list) and after:
            self.sequence(node, before, after, place)
        else:
            self.replace(node, after, place)

    # -- mappings

    def mapping(self, node: Node, before: dict[str, Any], after: dict[str, Any], place: _Place) -> None:
        own = self.own_entries(node)
        inserted = [
            name for name in after if name not in own and not (name in before and is_same(before[name], after[name]))
        ]
        for name in before:
            if name not in after and name not in own:
                raise Uneditable("a field that goes comes from a merge (`<<`)")
        kept = [entry for entry in node.entries if entry.name is None or entry.name in after]
        if not kept:
            self.replace(node, after, place)
            return
        for entry in node.entries:
            if entry.name is not None and entry.name not in after:
                self.remove(node, [(e.key.start, e.value.end) for e in node.entries], node.entries.index(entry))
            elif entry.name is not None:
                self.entry(node, entry, before, after)
        if inserted:
            self.insert_keys(node, kept, inserted, after)

    def own_entries(self, node: Node) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for entry in node.entries:
            if entry.name is not None and entry.name in found:
                raise Uneditable("a key stands twice in one of its mappings")
            if entry.name is not None:
                found[entry.name] = entry
        return found

    def entry(self, node: Node, entry: Entry, before: dict[str, Any], after: dict[str, Any]) -> None:
        name = str(entry.name)
        if is_same(before[name], after[name]):
            return
        place = _Place(name, self.colon(entry), entry.key.column, node.is_flow)
        self.node(entry.value, before[name], after[name], place)

    def colon(self, entry: Entry) -> int:
        """Behind the colon of a key."""
        at = entry.key.end
        while at < len(self.text) and self.text[at] in " \t\r\n" and at < entry.value.start:
            at += 1
        if self.text[at : at + 1] != ":":
            raise Uneditable("a key is written in a way that is not edited by position")
        return at + 1

    def insert_keys(self, node: Node, kept: list[Entry], names: list[str], after: dict[str, Any]) -> None:
        """New keys, each behind the one that comes before it in what is wanted; else behind the last one."""
        order = list(after)
        places = {entry.name: entry for entry in kept}
        groups: dict[int, list[str]] = {}
        for name in names:
            before = [other for other in order[: order.index(name)] if other in places]
            entry = places[before[-1]] if before and order.index(name) < len(order) - 1 else kept[-1]
            groups.setdefault(kept.index(entry), []).append(name)
        for index, group in groups.items():
            self.add(node, kept[index].key, kept[index].value.end, {name: after[name] for name in group})

    # -- lists

    def sequence(self, node: Node, before: list[Any], after: list[Any], place: _Place) -> None:
        if not before:
            self.replace(node, after, place)
            return
        spans = self.item_spans(node)
        for first, last, start, stop in replaced(before, after):
            paired = min(last - first, stop - start)
            for offset in range(paired):
                self.item(node, first + offset, before[first + offset], after[start + offset])
            for index in range(first + paired, last):
                self.remove(node, spans, index)
            if start + paired < stop:
                self.insert_items(node, first + paired - 1, after[start + paired : stop])

    def item_spans(self, node: Node) -> list[tuple[int, int]]:
        if node.is_flow:
            return [(item.start, item.end) for item in node.items]
        return [(self.dash(node, item), item.end) for item in node.items]

    def dash(self, node: Node, item: Node) -> int:
        """Where the `-` of an element stands: in the column of the list, on the line of its content or above."""
        line = self.text.rfind("\n", 0, item.start) + 1
        while line >= 0:
            at = line + node.column
            if (
                at <= item.start
                and self.text[at : at + 1] == "-"
                and (at == node.start or not self.text[line:at].strip())
            ):
                return at
            if line <= node.start:
                break
            line = self.text.rfind("\n", 0, line - 1) + 1
        raise Uneditable("a list is written in a way that is not edited by position")

    def item(self, node: Node, index: int, before: Any, after: Any) -> None:
        if is_same(before, after):
            return
        lead = -1 if node.is_flow else self.dash(node, node.items[index]) + 1
        self.node(node.items[index], before, after, _Place(str(index), lead, node.column, node.is_flow))

    def insert_items(self, node: Node, index: int, values: list[Any]) -> None:
        if index >= 0:
            self.add(node, node.items[index], node.items[index].end, values)
            return
        first = node.items[0]
        if node.is_flow:
            self.put(first.start, first.start, self.joined(node, first, values) + self.separator(node, first))
            return
        at = self.dash(node, first)
        lines = list(written.block(values, node.column, self.style))
        lines[0] = lines[0].lstrip(" ")
        self.put(at, at, self.style.newline.join(lines) + self.style.newline + " " * node.column)

    # -- what both have in common

    def add(self, node: Node, like: Node, end: int, values: Any) -> None:
        """Puts keys or elements behind one that ends at `end` and begins at `like`."""
        if node.is_flow:
            self.put(end, end, self.separator(node, like) + self.joined(node, like, values))
            return
        column = like.column if isinstance(values, dict) else node.column
        at = self.line_end(end)
        lines = written.block(values, column, self.style)
        self.put(at, at, "".join(self.style.newline + line for line in lines))

    def separator(self, node: Node, like: Node) -> str:
        if "\n" not in self.text[node.start : like.start]:
            return ", "
        line = self.text.rfind("\n", 0, like.start) + 1
        indent = self.text[line : like.start]
        return f",{self.style.newline}{indent}" if not indent.strip() else ", "

    def joined(self, node: Node, like: Node, values: Any) -> str:
        separator = self.separator(node, like)
        texts = (
            [self.flow(value, like, separator) for value in values]
            if isinstance(values, list)
            else [
                f"{written.flow(name, is_json=self.style.is_json)}: {self.flow(value, like, separator)}"
                for name, value in values.items()
            ]
        )
        return separator.join(texts)

    def flow(self, value: Any, like: Node, separator: str) -> str:
        """On one line; in JSON that has a line for each field, as JSON with lines."""
        if self.style.is_json and "\n" in separator and isinstance(value, (dict, list)) and value:
            text = json.dumps(value, indent=self.style.step, ensure_ascii=False)
            indent = separator.rpartition("\n")[2]
            return text.replace("\n", f"{self.style.newline}{indent}")
        return written.flow(value, is_json=self.style.is_json)

    def remove(self, node: Node, spans: list[tuple[int, int]], index: int) -> None:
        """Takes an entry or element away with its lines, or with its comma."""
        start, end = spans[index]
        behind = spans[index + 1][0] if index + 1 < len(spans) else None
        if node.is_flow:
            ahead = spans[index - 1][1] if index else start
            self.put(*((start, behind) if behind is not None else (ahead, end)), "")
            return
        line = self.text.rfind("\n", 0, start) + 1
        if not self.text[line:start].strip(" "):
            stop = self.line_end(end)
            is_last = stop >= len(self.text)
            if is_last:
                self.put(self._before_newline(line), stop, "")
            else:
                self.put(line, self._behind_newline(stop), "")
        elif behind is not None:
            self.put(start, behind, "")
        else:
            raise Uneditable("a field that goes shares its line with another")

    def line_end(self, at: int) -> int:
        """The end of the line, where nothing but a comment follows on it."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        end -= self.text[at:end].endswith("\r")
        rest = self.text[at:end].strip()
        if rest and not rest.startswith("#"):
            raise Uneditable("a field shares its line with another")
        return end

    def _behind_newline(self, at: int) -> int:
        return at + (2 if self.text.startswith("\r\n", at) else 1)

    def _before_newline(self, line: int) -> int:
        return max(line - (2 if self.text[:line].endswith("\r\n") else 1), 0)

    # -- values

    def replace(self, node: Node, after: Any, place: _Place) -> None:
        """Another value in place of a whole node."""
        in_flow = place.is_flow or (self.style.is_json and node.is_flow)
        if node.is_block:
            self.replace_block(node, after, place)
        elif isinstance(after, (dict, list)) and after and not in_flow and not (node.is_flow and self._is_filled(node)):
            self.replace_by_block(node, after, place)
        elif isinstance(after, (dict, list)):
            new = (
                self.flow(after, node, self.separator_below(node))
                if in_flow
                else written.flow(after, is_json=self.style.is_json)
            )
            self.put(node.start, node.end, self._spaced(node, place) + new)
        else:
            self.put(node.start, node.end, self._spaced(node, place) + self.scalar(node, after, place))

    def separator_below(self, node: Node) -> str:
        """How what is put in place of a node separates its parts: by lines where JSON around it has them."""
        line = self.text.rfind("\n", 0, node.start) + 1
        head = self.text[line : node.start]
        indent = head[: len(head) - len(head.lstrip())]
        return f",{self.style.newline}{indent}" if "\n" in self.text.strip() else ", "

    def _is_filled(self, node: Node) -> bool:
        return bool(node.entries or node.items)

    def _spaced(self, node: Node, place: _Place) -> str:
        """A blank behind the colon, where there was no value."""
        return " " if node.start == node.end and self.text[node.start - 1 : node.start] in (":", "-") else ""

    def scalar(self, node: Node, after: Any, place: _Place) -> str:
        in_flow = place.is_flow
        is_block_text = node.style in ("|", ">") or ("\n" in after if isinstance(after, str) else False)
        if isinstance(after, str) and is_block_text and not in_flow and not self.style.is_json and place.lead >= 0:
            indent = self.text_indent(node, place)
            text = written.literal(after, indent, indent - place.indent, self.style.newline)
            if text is not None:
                return text
        like = node.style if node.style in ("'", '"') else ""
        return written.scalar(after, like=like, is_flow=in_flow, is_json=self.style.is_json)

    def text_indent(self, node: Node, place: _Place) -> int:
        """Of the lines of a block scalar, as they were."""
        if node.style in ("|", ">"):
            lines = self.text[node.start : node.end].split("\n")[1:]
            first = next((line for line in lines if line.strip()), "")
            header = self.text[node.start : node.end].split("\n")[0]
            if first and not any(c.isdigit() for c in header.split("#")[0]):
                return len(first) - len(first.lstrip(" "))
        return place.indent + self.style.step

    def replace_block(self, node: Node, after: Any, place: _Place) -> None:
        """Lines of a collection by another value; what stands behind `key:` stays."""
        if place.lead < 0:
            raise Uneditable("the document as a whole would change")
        if isinstance(after, (dict, list)) and after:
            lines = list(written.block(after, node.column, self.style))
            lines[0] = lines[0].lstrip(" ")
            self.put(node.start, node.end, self.style.newline.join(lines))
            return
        new = written.flow(after, is_json=False) if isinstance(after, (dict, list)) else written.scalar(after)
        between = self.text[place.lead : node.start]
        self.put(place.lead, place.lead, f" {new}")
        cut = (
            place.lead + between.find("\n") - between[: between.find("\n")].endswith("\r")
            if "\n" in between
            else place.lead
        )
        self.put(cut, node.end, "")

    def replace_by_block(self, node: Node, after: Any, place: _Place) -> None:
        if place.lead < 0:
            raise Uneditable("the document as a whole would change")
        is_list = isinstance(after, list)
        is_item = place.what.isdecimal() and self.text[place.lead - 1] == "-"
        column = place.indent + (2 if is_item else self.style.list_step if is_list else self.style.step)
        lines = list(written.block(after, column, self.style))
        start = node.start
        while start > place.lead and self.text[start - 1] in " \t":
            start -= 1
        if is_item:
            self.put(start, node.end, " " + self.style.newline.join([lines[0].lstrip(" "), *lines[1:]]))
            return
        stop = self.line_end(node.end)
        trailing = self.text[node.end : stop]
        self.put(start, stop, trailing + "".join(self.style.newline + line for line in lines))
