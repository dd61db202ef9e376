"""How even was the service this week, and where did customers wait?"""
import streamlit as st
st.write("week")
