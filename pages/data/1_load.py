"""What is in your export, what was refused, and which numbers does it bring?"""

import streamlit as st

from pages.parts import gained, load_form, moved, read, upload

SCOPE = ()

if upload.running():
    load_form.progress()
    st.stop()
if upload.ended():
    load_form.outcome()
    if read.has_data():
        moved.show(upload.current().before)
    if sources := upload.sources():
        gained.show(sources)
    st.stop()

files = load_form.drop()
load_form.found(files)
if files:
    unknown = [f for f in files if f.look and not f.is_known]
    source = load_form.account(files)
    mapping = load_form.mapped(unknown)
    if mapping:
        load_form.preview(unknown, mapping)
    load_form.go([f for f in files if f.look], mapping, source)
elif read.has_data():
    gained.loaded()
