"""What hypothesis may put where anything at all may be sent."""

from __future__ import annotations

from hypothesis import strategies as st

header = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
# Halves of surrogate pairs as well: JSON can hold them and UTF-8 cannot.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
