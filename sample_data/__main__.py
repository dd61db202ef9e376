"""The door: `python -m sample_data [--seed N] [--tickets N] [--weeks N] --into DIR` writes the company's files."""

import argparse
from collections.abc import Callable
from pathlib import Path

from sample_data import story
from sample_data.chat_export import write_chat
from sample_data.company_files import write_company
from sample_data.crm_export import write_crm
from sample_data.generate import generate
from sample_data.helpdesk_export import write_helpdesk
from sample_data.scale import Scale


def write(scale: Scale, into: Path) -> None:
    """Write exports/ and company/ of one generation into a folder."""
    exports, company_folder = into / "exports", into / "company"
    exports.mkdir(parents=True, exist_ok=True)
    company_folder.mkdir(parents=True, exist_ok=True)
    company = generate(scale)
    numbers = write_helpdesk(company, exports)
    write_chat(company, numbers, exports)
    write_crm(company, exports)
    write_company(scale, company_folder)


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(prog="python -m sample_data", description="Write the sample company's exports.")
    parser.add_argument("--seed", type=int, default=story.SEED, help="another seed, another company of the same story")
    parser.add_argument("--tickets", type=_at_least(200), default=story.CONTACTS, help="contacts over all tools, about")
    parser.add_argument("--weeks", type=_at_least(1), default=story.WEEKS, help=f"weeks from {story.FIRST_DAY} on")
    parser.add_argument("--into", type=Path, required=True, help="folder for exports/ and company/")
    asked = parser.parse_args()
    write(Scale(asked.seed, asked.tickets, asked.weeks), asked.into)
    print(f"wrote {asked.into / 'exports'} and {asked.into / 'company'}")


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value

    return number


if __name__ == "__main__":
    main()
