"""How the pages of this folder become a site: ``make docs`` builds it into build/docs, without a network."""

from importlib import metadata

project = "Vectis"
author = "The Vectis developers"
project_copyright = "The Vectis developers"
release = metadata.version("vectis-oms")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "tools.docs_site"]
exclude_patterns = ["integration-guide.txt"]
nitpicky = True
# Annotations of other packages, as the libraries that read them spell them.
nitpick_ignore_regex = [("py:class", r"(\w+\.)?Annotated|st\.\w+")]

# Headings get the anchors that GitHub gives them, so that a link is good in both places.
myst_heading_anchors = 4
# Options keep their two dashes.
smartquotes = False
# What draws itself on GitHub is drawn here by ``tools.docs_site.diagrams``.
myst_fence_as_directive = ["mermaid"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "Vectis"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/mark.svg"
html_logo = "_static/mark.svg"
html_copy_source = False
html_show_sourcelink = False
