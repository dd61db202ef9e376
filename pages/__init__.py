"""All that knows Streamlit or Plotly: one file per page, its shared parts, its charts."""
