"""Vendors of our own on loopback: stateful, paged, limited and faulty by seed."""
