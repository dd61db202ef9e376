"""A brief as one HTML file: opens anywhere, prints on one A4, runs no script and fetches nothing."""
from __future__ import annotations

import re
from html import escape

from metrics.brief.sheet import Line, Number, Section, Sheet

STYLE = """
@page { size: A4; margin: 11mm 13mm }
* { box-sizing: border-box }
body { font: 10.5px/1.4 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1B2430; background: #fff; max-width: 184mm; margin: 0 auto; padding: 10px }
header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 2px solid #24598C; padding-bottom: 4px }
h1 { font-size: 19px; margin: 0 } h2 { font-size: 12px; margin: 0 0 4px; color: #24598C } p { margin: 0 }
.mark { color: #24598C; font-weight: 600 } .quiet, .about, footer { color: #55616C } .about { margin: 4px 0 8px } .late, .worse { color: #A8500A } .better { color: #24598C }
.says { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 6px 18px; font-size: 14px; line-height: 1.35; margin-bottom: 8px }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 8px; margin-bottom: 9px }
.number { border: 1px solid #DCE1E6; border-radius: 5px; padding: 6px 8px; break-inside: avoid } .number data { display: block; font-size: 18px; font-weight: 600 }
.number svg { display: block; width: 100%; height: 32px; margin: 3px 0 } .bar svg { width: 100%; height: auto } .bar { margin-bottom: 9px }
.parts { columns: 2 300px; column-gap: 20px } section { break-inside: avoid; margin-bottom: 8px } section.list { column-span: all }
ul { list-style: none; margin: 0; padding: 0 } li { margin-bottom: 4px; overflow-wrap: anywhere } li span { color: #55616C } a { color: inherit }
.badge { display: inline-block; font-size: 9px; border: 1px solid currentColor; border-radius: 3px; padding: 0 4px; margin-right: 4px; color: #55616C }
.badge.worse { color: #A8500A } .badge.better { color: #24598C }
footer { border-top: 1px solid #DCE1E6; padding-top: 5px; font-size: 8.8px; line-height: 1.35 }
"""


def page(sheet: Sheet) -> str:
    """The brief as a document of its own."""
    sources = " · ".join(f'<span class="late">{escape(told)}: behind the others</span>' if lags else escape(told) for told, lags in sheet.sources)
    bar = f'<div class="bar"><p class="quiet">{escape(sheet.bar_says)}</p>{sheet.bar}</div>' if sheet.bar else ""
    return "\n".join([
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">""",
        f"<title>{escape(sheet.title)}</title><style>{STYLE}</style></head><body>",
        f'<header><h1>{escape(sheet.title)}</h1><span class="mark">Evenkeel</span></header>',
        f'<p class="about">{escape(sheet.scope)}<br>{sources}</p>',
        f'<div class="says">{"".join(f"<p>{_bold(s)}</p>" for s in sheet.headlines)}</div>',
        f'<div class="numbers">{"".join(_number(n) for n in sheet.numbers)}</div>', bar,
        f'<div class="parts">{"".join(_section(s) for s in sheet.sections)}</div>',
        f'<footer><p>{" ".join(f"<b>{escape(label)}</b>: {escape(says)}" for label, says in sheet.definitions)}</p><p>{escape(sheet.foot)}</p></footer>',
        "</body></html>", ""])


def _bold(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def _number(number: Number) -> str:
    tone = {True: "worse", False: "better", None: "quiet"}[number.is_worse]
    raw = "" if number.raw is None else number.raw
    week = f' data-week="{number.week}"' if number.week else ""
    return (f'<div class="number">{escape(number.label)}<data value="{raw}" data-metric="{escape(number.metric)}"{week}>{escape(number.text)}</data>'
            f'<span class="{tone}">{escape(number.usual)}</span>{number.svg}<p class="quiet">{escape(number.note)}</p></div>')


def _section(section: Section) -> str:
    wide = ' class="list"' if len(section.lines) > 12 else ""
    lines = f"<ul>{''.join(_line(line) for line in section.lines)}</ul>" if section.lines else f'<p class="quiet">{escape(section.empty)}</p>'
    return f"<section{wide}><h2>{escape(section.title)}</h2>{lines}</section>"


def _line(line: Line) -> str:
    head = f"<b>{escape(line.head)}</b>" if line.tail else escape(line.head)
    if line.url.startswith(("https://", "http://")):   # an address from a file: only one that opens a page is made a link
        head = f'<a href="{escape(line.url)}" rel="noreferrer">{head}</a>'
    badge = f'<i class="badge {line.tone}">{escape(line.badge)}</i>' if line.badge else ""
    return f"<li>{badge}{head}{f' <span>{escape(line.tail)}</span>' if line.tail else ''}</li>"
