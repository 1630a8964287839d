"""Who may come in: visitors, passwords, sessions and keys.

What is decided is pure (`visitors`, `pages`, `verdict`, `slowdown`); what is kept is one small file
(`register`, `file`); `desk` joins the two. Nothing here speaks HTTP: that is `crosswatch.web.door`.
"""
