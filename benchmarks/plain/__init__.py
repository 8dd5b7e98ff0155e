"""The same sale as a plain Django REST framework project would write it, and a bare view, to compare with."""
