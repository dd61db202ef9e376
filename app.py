"""The frame: menu from the folders of pages/, scope bar, a loud "as of", and the page inside it."""

from __future__ import annotations

import ast
import logging
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from metrics.engine.scope import ScopeProblem
from pages.charts import style
from pages.parts import access, cold, first_start, read, scope, states, tickets_behind, words
from warehouse.store import StoreProblem

ROOT = Path(__file__).parent
SECTIONS = ("review", "investigate", "data")  # first in the menu, in this order; other folders with pages follow
STALE_DAYS = 8  # from here on the age of the data is a warning
DEFAULT_SCOPE = ("period", "filters")


def files() -> dict[str, list[Path]]:
    """Section -> its page files, in the order of their numbers."""
    folders = [p for p in (ROOT / "pages").iterdir() if p.is_dir() and any(p.glob("[0-9]*_*.py"))]
    folders.sort(key=lambda p: (SECTIONS.index(p.name) if p.name in SECTIONS else len(SECTIONS), p.name))
    return {p.name: sorted(p.glob("[0-9]*_*.py"), key=lambda f: int(f.name.split("_")[0])) for p in folders}


def url_of(file: Path) -> str:
    return file.stem.partition("_")[2]


def declared(file: Path) -> tuple[str, tuple[str, ...]]:
    """A page's question (its docstring) and the pieces of the scope bar it wants (its SCOPE), read without running it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    wanted: Any = DEFAULT_SCOPE
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "SCOPE":
            wanted = ast.literal_eval(node.value)
    return ast.get_docstring(tree) or "", tuple(wanted)


def as_of() -> None:
    """The end of the data, loud; a warning once it is old."""
    until = read.until()
    past = datetime.now(UTC).replace(tzinfo=None) - (read.engine().data_until or datetime.now(UTC).replace(tzinfo=None))
    age = f", {words.age(past)} ago" if past.total_seconds() > 3600 else ""
    st.markdown(f":{'orange' if past.days >= STALE_DAYS else 'gray'}-badge[:material/schedule: as of {words.moment(until)} {read.zone()}{age}]", width="content")


def header(page: Any, question: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.title(page.title, anchor=False, width="content")
        if read.has_data():
            as_of()
    st.markdown(f":gray[{question.splitlines()[0] if question else ''}]")


def run(page: Any, section: str) -> None:
    """The page inside its frame; what goes wrong is said in words."""
    try:
        if section != "data" and not read.has_data():
            first_start.show()
            return
        first_start.still_loading()
        page.run()
        tickets_behind.drawer()
    except (StoreProblem, ScopeProblem) as problem:
        states.problem(str(problem)[:1].upper() + str(problem)[1:] + ".")
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logging.getLogger("evenkeel").exception("page %s failed (%s)", page.title, reference)
        states.broken(reference)


st.set_page_config(page_title="Evenkeel", page_icon=str(ROOT / "pages" / "mark.svg"), layout="wide", initial_sidebar_state=210)
st.html(f"<style>{style.PAGE}</style>")
with st.container(key="keyboard"):   # not seen
    st.html(f"<script>{style.KEYBOARD}</script>", unsafe_allow_javascript=True)
st.logo(str(ROOT / "pages" / "wordmark.svg"), size="large", icon_image=str(ROOT / "pages" / "mark.svg"))
visitor = access.current()
menu = [
    (
        section,
        st.Page(
            file,
            title=url_of(file).replace("_", " ").capitalize(),
            url_path=url_of(file),
            visibility="visible" if access.may_open(visitor, section, url_of(file)) else "hidden",
        ),
        file,
    )
    for section, section_files in files().items()
    for file in section_files
]
home = st.Page(lambda: None, title="Home", url_path="home", default=True, visibility="hidden")
# every page is known to the menu, also before the login, so that a link is never called a page that does not exist
chosen = st.navigation({"": [home], **{s.capitalize(): [page for section, page, _ in menu if section == s] for s, _, _ in menu}}, position="sidebar" if visitor else "hidden")
cold.reload_once()
access.guard(visitor)
read.follow()
access.leave()
place, script = next(((section, file) for section, page, file in menu if page.title == chosen.title), ("", None))
if script is None:  # the bare address opens the first page, with whatever the link asked for
    st.switch_page(menu[0][1], query_params={key: st.query_params.get_all(key) for key in st.query_params})
if access.may_open(visitor, place, url_of(script)):
    asked, pieces = declared(script)
    header(chosen, asked)
    scope.bar(pieces)
    run(chosen, place)
else:
    access.refuse(chosen.title)
