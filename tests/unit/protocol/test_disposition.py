"""Suggested file names."""

from __future__ import annotations

import ntpath
import tempfile
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsdk.protocol.disposition import safe_name, suggested_name

# Python 3.13 has moved it.
IS_RESERVED = getattr(ntpath, "isreserved", lambda name: PureWindowsPath(name).is_reserved())
HEADERS = {
    "quoted": ('attachment; filename="rows.csv"', "rows.csv"),
    "token": ("attachment; filename=rows.csv", "rows.csv"),
    "spaces without quotes": ("attachment; filename=my rows.csv ; size=5", "my rows.csv"),
    "any case": ('ATTACHMENT;FileName = "rows.csv"', "rows.csv"),
    "inline": ('inline; filename="rows.csv"', "rows.csv"),
    "escaped quote": (r'attachment; filename="a\"b.csv"', "a_b.csv"),
    "extended": ("attachment; filename*=UTF-8''na%C3%AFve%20file.csv", "naïve file.csv"),
    "extended with a language": ("attachment; filename*=utf-8'en'rows.csv", "rows.csv"),
    "extended in Latin-1": ("attachment; filename*=iso-8859-1''na%EFve.csv", "naïve.csv"),
    "extended counts first": ("attachment; filename=\"a.csv\"; filename*=UTF-8''b.csv", "b.csv"),
    "extended before plain": ("attachment; filename*=UTF-8''b.csv; filename=\"a.csv\"", "b.csv"),
    "extended in an unknown charset": ("attachment; filename=a.csv; filename*=koi8-r''b.csv", "a.csv"),
    "extended that is no UTF-8": ("attachment; filename=a.csv; filename*=UTF-8''%ff", "a.csv"),
    "extended that leaves nothing": ("attachment; filename=a.csv; filename*=UTF-8''..%2F", "a.csv"),
    "other parameters": ('attachment; size=5; name="x;filename=evil"; filename="a.csv"', "a.csv"),
    "inside of a quoted value": ('attachment; name="; filename=evil"', None),
    "raw UTF-8": ("attachment; filename=na\udcc3\udcafve.csv".replace("\udcc3\udcaf", "ï"), "naïve.csv"),
    "raw Latin-1": ('attachment; filename="na\udcefve.csv"', "naïve.csv"),
    "folders": ('attachment; filename="../../etc/passwd"', "passwd"),
    "Windows folders": (r'attachment; filename="C:\\Windows\\win.ini"', "win.ini"),
    "quoted folders in the extended form": ("attachment; filename*=UTF-8''..%2F..%5Ca.csv", "a.csv"),
    "no name": ("attachment", None),
    "empty": ('attachment; filename=""', None),
    "open quote": ('attachment; filename="rows.csv', None),
    "nothing": ("", None),
}


@pytest.mark.parametrize("case", HEADERS)
def test_reads_the_forms_that_servers_send(case: str) -> None:
    header, name = HEADERS[case]

    assert suggested_name(header) == name


NAMES = {
    "..": None,
    ".": None,
    "a/..": None,
    " . ": None,
    "\x00\x1f\x7f\x85": None,
    "\u202e\u200b\ufeff": None,
    ".bashrc": "bashrc",
    "a.csv.": "a.csv",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a\nb\r.csv": "ab.csv",
    "a\u00a0b": "a b",
    'a<b>:"c|?*.csv': "a_b___c___.csv",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "com1 .csv": "_com1 .csv",
    "COM¹": "_COM¹",
    "console.log": "console.log",
    "e\u0301.csv": "é.csv",
    "a" * 300 + ".csv": "a" * 176 + ".csv",
    "é" * 300: "é" * 90,
    "a." + "b" * 300: "a." + "b" * 178,
}


@pytest.mark.parametrize("given_", NAMES, ids=ascii)
def test_a_name_is_made_fit_for_any_system(given_: str) -> None:
    assert safe_name(given_) == NAMES[given_]


ODD = st.text(
    st.sampled_from('./\\ :<>|?*"\x00\n\u202e\u2028e\u0301aCONcom1¹é%\ud800\udcff') | st.characters(),
    max_size=300,
)


@given(ODD)
def test_a_safe_name_is_one_short_visible_name(text: str) -> None:
    name = safe_name(text)

    if name is not None:
        assert name not in ("", ".", "..")
        assert name == name.strip(" .")
        assert name.isprintable()
        assert not set(name) & set('/\\<>:"|?*')
        assert len(name.encode()) <= 180
        assert not IS_RESERVED(name)
        assert safe_name(name) == name


@settings(max_examples=50)
@given(ODD)
def test_a_safe_name_makes_a_file_in_its_folder(text: str) -> None:
    name = safe_name(text)
    if name is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.touch()

        assert [each.name for each in Path(folder).iterdir()] == [name]
        assert path.resolve().parent == Path(folder).resolve()


@given(
    st.text(max_size=200) | ODD.map(lambda text: f"attachment; filename=\"{text}\"; filename*=UTF-8''{text}")
)
def test_no_header_makes_it_raise(header: str) -> None:
    name = suggested_name(header)
    assert name is None or safe_name(name) == name
