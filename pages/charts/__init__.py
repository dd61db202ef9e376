"""From rows to figures; pure: no Streamlit, no queries."""
