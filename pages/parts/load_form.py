"""The load page's pieces: drop, recognise, map, check, load, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from connectors import mapping_text
from connectors.mapping import CLOSED_VALUES, MappingProblem, parse_mapping
from pages.parts import read, table, upload, wizard, words
from pages.parts.upload import Given

UNDECIDED: list[str] = []  # the answer still missing; told from "no formats" by identity
OPEN = "day first or month first"  # how a proposal says that it cannot tell
REFUSED = {
    "line": st.column_config.NumberColumn("Line", format="localized", width=80),
    "column": st.column_config.TextColumn("Column", width=140),
    "value": st.column_config.TextColumn("Value", width=180),
    "reason": st.column_config.TextColumn("Why, and what to do", width=560),
}


def drop() -> list[Given]:
    """The files, dropped here."""
    number = st.session_state.get("dropped_no", 0)
    dropped = st.file_uploader(
        "Exports of your ticketing, chat or CRM tool: CSV, JSON, Excel or Parquet, also packed as .gz or .zip",
        accept_multiple_files=True,
        key=f"dropped_{number}",
        help=f"Up to {upload.MOST_FILES} files. They stay on this machine. Files above 500 MB: python -m warehouse load FILE",
    )
    if len(dropped) > upload.MOST_FILES:
        st.warning(f"Only the first {upload.MOST_FILES} files are taken.")
    return upload.received(dropped) if dropped else []


def found(files: Sequence[Given]) -> None:
    """What each file was found to be."""
    for given in files:
        if given.problem:
            st.error(f"**{words.plain(given.name)}**: {words.plain(given.problem)}", icon=":material/error:")
        elif given.is_known:
            st.success(f"**{words.plain(given.name)}** is recognised: {given.known_as}.", icon=":material/check_circle:")
        else:
            st.info(f"**{words.plain(given.name)}** is no export this program knows. Say below what its columns mean; that is kept for the next time.", icon=":material/help:")


def account(files: Sequence[Given]) -> str:
    """The name of the account the recognised files come from; empty = the tool's own name."""
    if not any(f.is_known and not f.saved_as for f in files):
        return ""
    return st.text_input(
        "Account",
        key="account",
        placeholder="the tool's name",
        help="Give each account of the same tool a name of its own; the same account by file and later by API has the same name.",
        validate=r"^[A-Za-z0-9][A-Za-z0-9_.\- ]{0,59}$",
        width=340,
    ).strip()


def mapped(files: Sequence[Given]) -> str:
    """The wizard: a mapping file for the files nobody knows, as TOML; empty while something is missing."""
    if not files:
        return ""
    proposed = files[0].look["proposed_mapping"] or {}
    with st.container(border=True):
        left, middle, right = st.columns(3)
        reasons = proposed.get("reasons") or {}
        source = left.text_input(
            "Source name", wizard.source_name(proposed.get("source") or ""), key="source_name", placeholder="it-desk", help="A short name for the tool and account this comes from"
        ).strip()
        zones = sorted(available_timezones())
        guess = read.zone() if "no zone" in reasons.get("timezone", "") and read.has_data() else proposed.get("timezone", "UTC")
        zone = middle.selectbox("Time zone of times without one", zones, index=zones.index(guess), key="source_zone", help=reasons.get("timezone"))
        formats = _day_or_month(files, proposed, right)
        blocks = [wizard.block(choices, given.look["proposed_mapping"] or {}) for given in files if (choices := _columns(given))]
    if formats is UNDECIDED:
        st.warning("Say first whether the times are written day first or month first.", icon=":material/rule:")
    elif not source:
        st.warning("Give the source a name.", icon=":material/rule:")
    if len(blocks) < len(files) or not source or formats is UNDECIDED:
        return ""
    data = wizard.mapping(source, zone, formats, blocks, proposed, upload.kept(source))
    try:
        parse_mapping(data, "mapping")
    except MappingProblem as problem:
        st.warning(words.plain(str(problem).replace("mapping: ", "")), icon=":material/rule:")
        return ""
    return mapping_text.toml(data)


def _day_or_month(files: Sequence[Given], proposed: dict[str, Any], place: Any) -> list[str]:
    """The formats of times; asked where the file leaves day and month open."""
    unclear = [f for f in files if OPEN in ((f.look["proposed_mapping"] or {}).get("reasons") or {}).get("datetime_formats", "")]
    if not unclear:
        return proposed.get("datetime_formats") or []
    example = next(c["examples"][0] for c in unclear[0].look["columns"] if c["type"] in ("time", "date") and c["examples"])
    first = place.segmented_control(f"Is {example} day first or month first? The file leaves it open.", ["day first", "month first"], key="day_first", default=None)
    return wizard.formats(example, first == "day first") if first else UNDECIDED


def _columns(given: Given) -> wizard.Choices | None:
    """The columns of one file and what each means; None while a needed one is missing."""
    proposed = given.look["proposed_mapping"] or {}
    reasons = proposed.get("reasons") or {}
    block, names = wizard.block_of(proposed), [c["name"] for c in given.look["columns"]]
    st.markdown(f"**{words.plain(given.name)}**")
    grains = list(wizard.GRAINS)
    grain = st.segmented_control(
        "A row is",
        grains,
        default=block.get("grain") if block.get("grain") in grains else "ticket",
        required=True,
        format_func=wizard.GRAINS.get,
        key=f"grain_{given.path.parent.name}",
    )
    guessed = wizard.targets_of(block, names)
    options = wizard.offered(grain)
    rows = [
        {
            "column": c["name"],
            "examples": ", ".join(map(str, (c.get("examples") or [])[:3])),
            "means": guessed[c["name"]] if guessed[c["name"]] in options else wizard.KEPT,
            "why": reasons.get(guessed[c["name"]]) or ("few values: good to filter by" if guessed[c["name"]] == wizard.DIMENSION else ""),
        }
        for c in given.look["columns"]
    ]
    tall = table.tall((r["why"] for r in rows), 52)
    edited = st.data_editor(
        rows,
        hide_index=True,
        key=f"columns_{given.path.parent.name}_{grain}",
        disabled=["column", "examples", "why"],
        height=min(36 + (tall or 34) * len(rows), 520),
        row_height=tall,
        column_config={
            "column": st.column_config.TextColumn("Column", width=165),
            "examples": st.column_config.TextColumn("For example", width=230),
            "means": st.column_config.SelectboxColumn("Means", options=options, required=True, width=210, format_func=wizard.in_words),
            "why": st.column_config.TextColumn("Why", width=370),
        },
    )
    targets = {r["column"]: r["means"] for r in edited}
    choices = wizard.Choices(given.name, grain, targets, _values(given, targets, block))
    if twice := wizard.twice(choices):
        st.warning(f"Several columns claim {', '.join(twice)}; one can.", icon=":material/rule:")
        return None
    if missing := wizard.missing(choices):
        st.warning(f"Still needed: which column is {', '.join(map(wizard.in_words, missing))}?", icon=":material/rule:")
        return None
    return choices


def _values(given: Given, targets: dict[str, str], block: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What the values of a closed list mean (state, kind of event): asked for those nobody has mapped, examples first, then
    all that a check has found."""
    asked: dict[str, dict[str, str]] = {}
    seen = st.session_state.get("unmapped", {}).get(given.name, {})
    examples = {c["name"]: c["examples"] for c in given.look["columns"]}
    for column, target in targets.items():
        part = (block.get("columns") or {}).get(target)
        known = (part.get("values") or {}) if isinstance(part, dict) else {}
        values = [v for v in dict.fromkeys([*examples[column], *seen.get(column, [])]) if v not in known and v not in CLOSED_VALUES.get(target, ())]
        if target in CLOSED_VALUES and values:
            st.caption(
                f"What {column} says that is not known: a value left open loads too, and the state before goes on."
                if target == "state"
                else f"What {column} says that is not known"
            )
            edited = st.data_editor(
                [{"value": v, "means": None} for v in values],
                hide_index=True,
                key=f"values_{given.path.parent.name}_{target}",
                disabled=["value"],
                column_config={
                    "value": st.column_config.TextColumn(f"{column} says", width=240),
                    "means": st.column_config.SelectboxColumn("which means", options=list(CLOSED_VALUES[target]), width=220),
                },
            )
            asked[target] = {r["value"]: r["means"] for r in edited if r["means"]}
    return asked


def preview(files: Sequence[Given], mapping: str) -> None:
    """The first rows as they would be read, by the door's --check."""
    if not st.button("Check the mapping", icon=":material/visibility:", key="check"):
        told = st.session_state.get("checked")
    else:
        with st.spinner("Reading the files with this mapping"):
            child = upload.Child(upload.door(files, mapping=mapping, check=True))
            ended = child.wait(upload.PATIENCE)
        told = child.result if ended else None
        st.session_state["checked"] = told
        if not told:
            st.error(words.plain(child.says) or "The check took too long.", icon=":material/error:")
            return
        st.session_state["unmapped"] = {f["file"]: _by_column(f["unmapped"]) for f in told["files"]}
        if any(f["unmapped"] for f in told["files"]):
            st.rerun()
    for file in (told or {}).get("files", []):
        unmapped = f", {words.plural(len(file['unmapped']), 'value')} not mapped yet" if file["unmapped"] else ""
        st.markdown(f"**{words.plain(file['file'])}**: {words.count(file['rows'])} rows, {words.count(file['refused'])} would be refused{unmapped}")
        for name, rows in file["first_rows"].items():
            if rows:
                st.caption(f"The first rows as {name.replace('_', ' ')}")
                st.dataframe(
                    [{k: v for k, v in r.items() if k not in ("file_no", "ordinal", "stream", "fidelity", "extra")} for r in rows],
                    hide_index=True,
                    key=f"first_{file['file']}_{name}",
                )
        if file["refusals"]:
            st.caption("Rows that would be refused, and what to do")
            table.show(file["refusals"], REFUSED, key=f"would_refuse_{file['file']}", alt="Rows that would be refused", at_most=300)


def _by_column(unmapped: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in unmapped:
        found.setdefault(entry["column"], []).append(entry["value"])
    return found


def go(files: Sequence[Given], mapping: str, source: str) -> None:
    """The button that loads: recognised files first, then those of the mapping."""
    known, unknown = [f for f in files if f.is_known], [f for f in files if not f.is_known and f.look]
    jobs = ([upload.door(known, source=source)] if known else []) + ([upload.door(unknown, mapping=mapping)] if unknown and mapping else [])
    if st.button(f"Load {words.plural(len(files), 'file')}", type="primary", icon=":material/play_arrow:", disabled=not jobs or bool(unknown and not mapping), key="go"):
        upload.start(jobs)
        st.rerun()


@st.fragment(run_every=0.7)
def progress() -> None:
    """The running door: its last lines, and a way to stop it."""
    if not upload.advance():
        st.rerun()
    child = upload.current().child
    status = st.status(child.says or "starting", expanded=True)
    status.code("\n".join(child.lines[-6:]) or "starting", language=None)
    st.button("Stop", on_click=upload.cancel, icon=":material/stop_circle:", help="Nothing is changed by a load that is stopped")


def outcome() -> None:
    """What came of it: rows, refusals, values not mapped."""
    loaded = upload.current()
    if loaded.says:
        st.error(words.plain(f"{loaded.says[:1].upper()}{loaded.says[1:]}"), icon=":material/error:")
    files = [f for r in loaded.results for f in r.get("files", [])]
    if files:
        st.markdown("##### Rows in = loaded + unchanged + refused")
        number = {n: st.column_config.NumberColumn(n.capitalize(), format="localized", width=110) for n in ("rows", "loaded", "unchanged", "refused")}
        table.show(
            files,
            {"file": st.column_config.TextColumn("File", width=280), "recognised_as": st.column_config.TextColumn("Read as", width=260), **number},
            key="loaded_files",
            alt="Rows of each file",
        )
    refusals = [r for result in loaded.results for r in result.get("refusals", [])]
    if refusals:
        st.markdown(f"##### {words.plural(len(refusals), 'row')} refused, and what to do")
        table.show(
            refusals,
            {"file": st.column_config.TextColumn("File", width=180), **REFUSED},
            key="refused_rows",
            alt="Refused rows",
        )
        table.download(lambda: refusals, "refused_rows")
    unmapped = [u for result in loaded.results for u in result.get("unmapped", [])]
    if unmapped:
        st.markdown("##### Values the mapping does not know")
        table.show(
            unmapped,
            {
                "file": st.column_config.TextColumn("File", width=180),
                "column": st.column_config.TextColumn("Column", width=160),
                "value": st.column_config.TextColumn("Value", width=200),
                "rows": st.column_config.NumberColumn("Rows", format="localized", width=90),
                "meaning": st.column_config.TextColumn("What was done", width=400),
            },
            key="unmapped_values",
            alt="Unmapped values",
        )
    st.button("Load more files", on_click=upload.again, icon=":material/upload_file:")
