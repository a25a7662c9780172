"""Small services with one fault each, their sound twins, and the floods that show the difference.

``python -m corpus.run NAME`` floods a program; ``python -m corpus.compare`` says which tool reports
what of them. See ``README.md`` beside this file.
"""
