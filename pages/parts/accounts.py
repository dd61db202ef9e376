"""Accounts of tools that are pulled: where they are, how they stand, a form for a new one, test and pull with progress.

The host and options go to settings.toml, a token to secrets.toml, which only its owner may read. Tokens are never shown
again, and never leave that file but to the tool itself.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from connectors import told_settings
from connectors.contract import Connector, all_connectors
from connectors.landing import states
from connectors.problems import Later, PullProblem
from pages.parts import read, table, words
from pages.parts.child import Child
from warehouse.settings import FILE, Settings, SettingsProblem

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
JOB = "pull of an account"
EVERY = 0.5  # seconds between two looks at a running pull
LATER = 75   # the door's code for: try again later, what was landed is kept


def pulled() -> dict[str, Connector]:
    """Connectors that have an API, by name."""
    return {name: c for name, c in all_connectors().items() if c.api}


def standing() -> list[dict[str, Any]]:
    """The configured accounts and how each of their streams stands."""
    root, found = read.folder().root, []
    try:
        sources = Settings.read(root).sources
    except SettingsProblem as problem:
        st.error(words.plain(f"{problem}."))
        return []
    for name, source in sources.items():
        connector = source.connector or name
        if not source.host or connector not in pulled():
            continue
        account: dict[str, Any] = {"source": name, "connector": connector, "host": source.host, "streams": []}
        try:
            account["streams"] = states(read.folder().landing, name)
        except Later as busy:
            account["says"] = str(busy)
        found.append(account)
    return found


def show(accounts: Sequence[dict[str, Any]]) -> None:
    """Each account: what it is, when it was last pulled, what is degraded; test and pull."""
    for account in accounts:
        name, connector = account["source"], pulled()[account["connector"]]
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"**{words.plain(name)}** · {connector.label} · :gray[{words.plain(account['host'])}]")
                with st.container(horizontal=True, width="content"):
                    if st.button("Test", key=f"test_{name}", icon=":material/wifi_tethering:"):
                        _start(name, ["connectors", "check", name])
                    if st.button("Pull now", key=f"pull_{name}", type="primary", icon=":material/cloud_download:", disabled=JOB in st.session_state):
                        _start(name, ["connectors", "pull", name])
            if account.get("says"):
                st.markdown(f":orange[{words.plain(account['says'])}]")
            _streams(name, account["streams"], connector)
            if account["streams"] and connector.api and connector.api.settings:
                _settings(name, connector)


def _streams(name: str, streams: Sequence[dict[str, Any]], connector: Connector) -> None:
    if not streams:
        st.markdown(":gray[Not pulled yet.]")
        return
    for stream in streams:
        if stream["note"]:
            st.markdown(f":orange-badge[:material/warning: {words.plain(stream['stream'])} is left out] {words.plain(stream['note'])}")
    with st.expander(f"{words.plural(len(streams), 'stream')}, {words.count(sum(s['rows'] for s in streams))} rows"):
        assert connector.api is not None
        tells = {stream.name: stream.fidelity or "looked up by the others" for stream in connector.api.streams}
        table.show(
            [{**stream, "tells": tells.get(stream["stream"])} for stream in streams],
            {
                "stream": st.column_config.TextColumn("Stream", width=180),
                "tells": st.column_config.TextColumn("Tells", width=300),
                "rows": st.column_config.NumberColumn("Rows", format="localized", width=110),
                "pulled_at": st.column_config.TextColumn("Last pulled to its end (UTC)", width=220),
                "note": st.column_config.TextColumn("Left out because", width=380),
            },
            key=f"streams_{name}",
            alt=f"Streams of {name}",
        )
        _covered(name)


def _covered(name: str) -> None:
    """What the numbers may rest on once merged: how well each side of a ticket's life is told, and of what time."""
    held = next((source for source in read.facts()["sources"] if source["source"] == name), None) if read.has_data() else None
    if held is None:
        return
    span = {end: read.local(held[at]) if held[at] else None for end, at in (("from", "from_at"), ("until", "until_at"))}
    table.show(
        [{"side": side, "fidelity": fidelity, **span} for side, fidelity in held["streams"].items()],
        {
            "side": st.column_config.TextColumn("Covered", width=180),
            "fidelity": st.column_config.TextColumn("Fidelity", width=300, help="events: each change with its time; counters: the tool's own sums; snapshot: as it is now"),
            "from": st.column_config.DatetimeColumn("From", format="YYYY-MM-DD HH:mm", width=170),
            "until": st.column_config.DatetimeColumn("Until", format="YYYY-MM-DD HH:mm", width=170),
        },
        key=f"covered_{name}",
        alt=f"Coverage of {name}",
    )


def _settings(name: str, connector: Connector) -> None:
    """What the tool holds of opening hours and promises, to copy; read when asked for."""
    if not st.toggle("Opening hours and promises", key=f"settings_{name}", help=f"What the last pull brought, written as sections of {FILE}"):
        return
    try:
        st.code(told_settings.of(connector, name, read.folder().landing), language="toml")
    except (Later, PullProblem) as problem:
        st.markdown(f":orange[{words.plain(str(problem))}]")
        return
    st.caption(f"Copy what fits into {FILE} of the data folder, then run python -m warehouse rebuild. Nothing is taken over by itself: the settings alone count.")


def _start(name: str, door: list[str]) -> None:
    st.session_state[JOB] = name, Child([*door, "--json", "--data", str(read.folder().root.absolute())])
    st.rerun()


def running() -> bool:
    return JOB in st.session_state


@st.fragment(run_every=EVERY)
def progress() -> None:
    """What the running test or pull does, and a way to stop it; what was landed is kept."""
    name, child = st.session_state[JOB]
    if child.is_running:
        with st.container(border=True):
            st.markdown(f"**{words.plain(name)}**: {words.plain(child.says) or 'asking'}")
            if st.button("Stop", icon=":material/stop:"):
                child.stop()
        return
    st.rerun()


def outcome() -> None:
    """How the last test or pull ended; said once."""
    if JOB not in st.session_state or st.session_state[JOB][1].is_running:
        return
    name, child = st.session_state.pop(JOB)
    result = child.result or {}
    if child.code == 0 and "streams" in result:
        news = sum(s["news"] for s in result["streams"])
        left = [s["stream"] for s in result["streams"] if s["note"]]
        st.success(
            f"**{words.plain(name)}**: {words.count(news)} rows were new"
            + (f", {words.plural(result['tickets'], 'ticket')} held now" if "tickets" in result else "; the numbers stay as they are")
            + (f". Left out: {', '.join(left)}" if left else "")
            + ".",
            icon=":material/check_circle:",
        )
        read.follow()
    elif child.code == 0:
        st.success(words.plain(f"{result.get('says', name)}."), icon=":material/check_circle:")
    elif child.was_stopped:
        st.info(f"**{words.plain(name)}**: stopped. What was landed is kept; the next pull goes on from there.")
    else:
        (st.warning if child.code == LATER else st.error)(words.plain(f"{name}: {child.says or 'no reason was given'}"), icon=":material/error:")


def form() -> None:
    """A new account."""
    connectors = pulled()
    with st.expander("Add an account", icon=":material/add:", expanded=False):
        chosen = st.selectbox("Tool", list(connectors), format_func=lambda n: connectors[n].label, key="new_connector")
        api = connectors[chosen].api
        assert api is not None
        with st.form("account", border=False):
            left, right = st.columns(2)
            name = left.text_input("Name of the account", chosen, help="A short name; the same account by file and by API has the same name").strip()
            host = right.text_input("Address", placeholder=api.host).strip()
            login = left.text_input("Account", help=api.needs_login or "User or e-mail of the account, where the token belongs to one").strip()
            secrets = {
                secret: right.text_input(secret.replace("_", " ").capitalize(), type="password", key=f"secret_{chosen}_{secret}", help=meaning)
                for secret, meaning in api.secrets.items()
            }
            options = {o.name: _option(o, left if i % 2 else right) for i, o in enumerate(api.options)}
            st.caption(
                f"The token is kept in secrets.toml of the data folder, readable by its owner only. It needs permission for: "
                f"{', '.join(sorted({s.permission for s in api.streams}))}."
            )
            if not st.form_submit_button("Add", type="primary"):
                return
        problem = _added(chosen, name, host, login, secrets, {k: v for (k, v), o in zip(options.items(), api.options, strict=True) if v != o.default})
        if problem:
            st.error(words.plain(problem))
        else:
            st.rerun()


def _option(option: Any, place: Any) -> Any:
    """A field for an option; several names go into one with commas between."""
    label = option.meaning[:1].upper() + option.meaning[1:]
    if option.choices:
        return place.selectbox(label, list(option.choices), list(option.choices).index(option.default), key=f"option_{option.name}")
    if isinstance(option.default, bool):
        return place.checkbox(label, option.default, key=f"option_{option.name}")
    if isinstance(option.default, int):
        return place.number_input(label, value=option.default, key=f"option_{option.name}")
    return option.given(place.text_input(label, option.default or "", key=f"option_{option.name}")) or option.default


def _added(connector: str, name: str, host: str, login: str, secrets: dict[str, str], options: dict[str, Any]) -> str:
    """Write the account down; why not, in a sentence, where it cannot be."""
    if not NAME.fullmatch(name):
        return "Give the account a short name of letters, digits, - and _."
    root = read.folder().root
    try:
        if name in Settings.read(root).sources:
            return f"There is an account {name} already; change it in {FILE} of the data folder."
    except SettingsProblem as problem:
        return f"{problem}; mend it first."
    lines = {"connector": connector, "host": host} | ({"account": login} if login else {})
    section = f"\n[sources.{json.dumps(name)}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in lines.items())
    if options:
        section += f"[sources.{json.dumps(name)}.options]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in options.items())
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = root / FILE
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(before.rstrip("\n") + "\n" * bool(before) + section, encoding="utf-8")
    try:
        Settings.read(root)
    except SettingsProblem as problem:
        file.write_text(before, encoding="utf-8")
        return f"{problem}."
    return _kept_secret(name, {k: v.strip() for k, v in secrets.items() if v.strip()})


def _kept_secret(name: str, secrets: dict[str, str]) -> str:
    """Add the token to the owner-only file."""
    if not secrets:
        return ""
    path = read.folder().root / "secrets.toml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        if name in tomllib.loads(before):
            return f"secrets.toml holds a token of {name} already; it was left as it is."
    except tomllib.TOMLDecodeError:
        return "secrets.toml cannot be read as TOML; mend it, the token was not kept."
    temporary = path.with_suffix(".tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(before.rstrip("\n") + "\n" * bool(before) + f"[{json.dumps(name)}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in secrets.items()))
    os.replace(temporary, path)
    return ""


def schedule() -> None:
    """How a pull is run by itself."""
    with st.expander("Pull by itself, every hour", icon=":material/schedule:"):
        st.markdown("Run the same by cron or systemd; the exit codes say what needs someone (see docs/pulling.md):")
        st.code(f"0 * * * *  cd {os.getcwd()} && .venv/bin/python -m connectors pull NAME --data {read.folder().root.absolute()}", language="bash")

