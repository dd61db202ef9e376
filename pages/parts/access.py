"""Who is looking, and what they may see: roles from the login's groups and settings.

Without a login everyone on this machine is an analyst, and the app answers this machine only. With one, a leader reads everything,
an analyst also loads and edits, a lead sees their own queues only: not by hidden pages, but because the data they are given
hold nothing else (warehouse.narrow).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import words
from warehouse.settings import Settings, SettingsProblem

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYTHING: tuple[str, ...] | None = None
# A login comes back to the bare address; the link that was asked for waits meanwhile in the browser tab.
KEEP_LINK = "<script>sessionStorage.setItem('evenkeel link', location.pathname.length > 1 || location.search ? location.pathname + location.search : '')</script>"
FOLLOW_LINK = "<script>{ const link = sessionStorage.getItem('evenkeel link'); sessionStorage.removeItem('evenkeel link'); if (link) location.replace(link) }</script>"


@dataclass(frozen=True)
class Access:
    """A role, and the queues it is kept to; None = all."""

    role: str
    queues: tuple[str, ...] | None

    @property
    def may_write(self) -> bool:
        return self.role in ("analyst", "leader")

    @property
    def may_load(self) -> bool:
        return self.role == "analyst"


ANYONE = Access("analyst", EVERYTHING)


def is_configured() -> bool:
    """Is a login set up (an [auth] section in Streamlit's secrets)?"""
    try:
        return "auth" in st.secrets
    except (FileNotFoundError, st.errors.StreamlitSecretNotFoundError):
        return False


def current() -> Access | None:
    """What the one who looks may see; None where their groups give them no role."""
    if not is_configured():
        return ANYONE
    if not st.user.is_logged_in:
        return None
    try:
        told = Settings.read(Path(os.environ.get("EVENKEEL_DATA") or "data")).access
    except SettingsProblem:
        return None
    claim = st.user.get(told.claim) or []
    groups = {claim} if isinstance(claim, str) else set(claim)
    for role in ("analyst", "leader"):
        if groups & set(told.roles.get(role, [])):
            return Access(role, EVERYTHING)
    if groups & set(told.roles.get("lead", [])):
        return Access("lead", tuple(sorted({queue for group in groups for queue in told.queues.get(group, [])})))
    return None


def queues() -> tuple[str, ...] | None:
    """The queues the one who looks is kept to; None = all."""
    access = current()
    return () if access is None else access.queues


def guard(access: Access | None) -> None:
    """Let nobody further who may not; says in words what to do. Stops the run otherwise."""
    if not is_configured():
        if st.get_option("server.address") not in LOOPBACK:
            _say(
                "This app answers other machines, but nobody has to log in.",
                "Set up a login (docs/access.md), or start it without --server.address: it then answers this machine only.",
            )
    elif not st.user.is_logged_in:
        st.html(KEEP_LINK, unsafe_allow_javascript=True)
        with st.container(border=True, width=460):
            st.markdown("#### Log in\nThis is your company's service data.")
            st.button("Log in", type="primary", on_click=st.login, icon=":material/login:")
        st.stop()
    elif access is None:
        _say(
            f"{words.plain(str(st.user.get('email') or 'You'))} may see nothing here yet.",
            "None of your groups has a role in [access] of settings.toml; ask whoever runs this app.",
            leave=True,
        )
    elif access.queues == ():
        _say("You are a team lead without a queue.", "Your groups name no queue in [access.queues] of settings.toml; ask whoever runs this app.", leave=True)


def refuse(page: str) -> None:
    """A page that is not for this role, opened by its link."""
    with st.container(border=True):
        st.markdown(f"#### {page} is not for your role\nWho loads data or keeps reasons and decisions may open it; ask whoever runs this app.")


def _say(what: str, hint: str, leave: bool = False) -> None:
    with st.container(border=True):
        st.markdown(f"#### {what}\n{hint}")
        if leave:
            st.button("Log out", on_click=st.logout, icon=":material/logout:")
    st.stop()


def may_open(access: Access | None, section: str, page: str) -> bool:
    """Is this page for that role?"""
    if access is None or section != "data":
        return access is not None
    return access.may_load or page == "dictionary" or (access.may_write and page in ("quality", "reasons"))


def link(file: str, **look: Any) -> None:
    """A link to a page of the data section, where the one who looks may open it."""
    access = current()
    if may_open(access, "data", Path(file).stem.partition("_")[2]):
        st.page_link(file, **look)


def leave() -> None:
    """Who is logged in, and the way out, at the foot of the menu; and on to the link they came with."""
    if is_configured():
        with st.sidebar.container():
            st.html(FOLLOW_LINK, unsafe_allow_javascript=True)
            st.text(str(st.user.get("email") or ""), width="content")
            access = current()
            if access and access.queues is not None:
                st.markdown(f":small[:gray[sees the contacts of {words.plain(words.listed(list(access.queues)))}]]")
            st.button("Log out", on_click=st.logout, type="tertiary", icon=":material/logout:")
